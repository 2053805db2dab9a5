import { describe, expect, it } from 'vitest';
import { SecretMarks } from './secret-marks.ts';

describe('SecretMarks', () => {
  it('keeps a mark that matches the content, even if another process made it', async () => {
    const mark = await new SecretMarks().mark('checksum', undefined);
    const restarted = new SecretMarks();
    expect(await restarted.mark('checksum', mark)).toBe(mark);
    expect(await restarted.mark('checksum', mark)).toBe(mark);
  });

  it('returns a new mark for different content', async () => {
    const marks = new SecretMarks();
    const mark = await marks.mark('checksum', undefined);
    const other = await marks.mark('other', mark);
    expect(other).not.toBe(mark);
    expect(await marks.mark('other', other)).toBe(other);
  });

  it('replaces an invalid mark by a new one', async () => {
    const marks = new SecretMarks();
    for (const broken of ['', 'x', '.', 'a.b.c']) expect(await marks.mark('checksum', broken)).not.toBe(broken);
  });

  it('salts marks: two Secrets of the same content have different ones, neither containing the checksum', async () => {
    const marks = new SecretMarks();
    const [one, two] = [await marks.mark('checksum', undefined), await marks.mark('checksum', undefined)];
    expect(one).not.toBe(two);
    expect(one).not.toContain('checksum');
  });
});
