import type { BigIntStats } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fileChange, isRecent, TICK_MS } from './file-change.ts';

const BEFORE = { size: 10n, mtimeNs: 1n, ctimeNs: 1n, mtimeMs: 1_000_000n, mode: 0o100644n, uid: 1n, gid: 1n, nlink: 1n };

const change = (after: Partial<typeof BEFORE>, hasItsName = true) =>
  fileChange(BEFORE as BigIntStats, { ...BEFORE, ...after } as BigIntStats, () => hasItsName);

describe('the change of a file between two stats', () => {
  it.each<[string, Partial<typeof BEFORE>, string]>([
    ['as it was', {}, 'none'],
    ['longer', { size: 11n, mtimeNs: 2n, ctimeNs: 2n }, 'grew'],
    ['longer, within a tick of the clock', { size: 11n }, 'grew'],
    ['shorter', { size: 9n, mtimeNs: 2n, ctimeNs: 2n }, 'rewritten'],
    ['as long, and was written', { mtimeNs: 2n, ctimeNs: 2n }, 'rewritten'],
    ['as old, by its name, but was changed', { ctimeNs: 2n }, 'rewritten'],
    ['of another mode', { ctimeNs: 2n, mode: 0o100600n }, 'none'],
    ['of another owner', { ctimeNs: 2n, uid: 2n }, 'none'],
    ['of one more name', { ctimeNs: 2n, nlink: 2n }, 'none'],
  ])('of a file that is %s is classified', (_, after, expected) => {
    expect(change(after)).toBe(expected);
  });

  it('of a renamed file is classified as none', () => {
    expect(change({ ctimeNs: 2n }, false)).toBe('none');
  });
});

describe('isRecent', () => {
  it('is true for files that may have been rewritten without a change of mtime', () => {
    const at = (ageMs: number) => isRecent({ ...BEFORE, mtimeMs: 1_000_000n - BigInt(ageMs) } as BigIntStats, 1_000_000);
    expect([0, TICK_MS - 1, TICK_MS, 1000, -1, -1000].map(at)).toEqual([true, true, false, false, true, false]);
  });
});
