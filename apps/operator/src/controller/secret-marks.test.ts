import { describe, expect, it } from 'vitest';
import { SecretMarks } from './secret-marks.ts';

describe('SecretMarks', () => {
  it('keeps a mark that stands for the content, also one that another process made', async () => {
    const mark = await new SecretMarks().mark('checksum', undefined);
    const restarted = new SecretMarks();
    expect(await restarted.mark('checksum', mark)).toBe(mark);
    expect(await restarted.mark('checksum', mark)).toBe(mark);
  });

  it('gives a new mark for other content', async () => {
    const marks = new SecretMarks();
    const mark = await marks.mark('checksum', undefined);
    const other = await marks.mark('other', mark);
    expect(other).not.toBe(mark);
    expect(await marks.mark('other', other)).toBe(other);
  });

  it('gives a new mark in the place of what is none', async () => {
    const marks = new SecretMarks();
    for (const broken of ['', 'x', '.', 'a.b.c']) expect(await marks.mark('checksum', broken)).not.toBe(broken);
  });

  it('salts: two Secrets of the same content have different marks, neither with the checksum in it', async () => {
    const marks = new SecretMarks();
    const [one, two] = [await marks.mark('checksum', undefined), await marks.mark('checksum', undefined)];
    expect(one).not.toBe(two);
    expect(one).not.toContain('checksum');
  });
});
