import { describe, expect, it } from 'vitest';
import { doubts, isGood, type DoubtedBackup } from './doubt.ts';

const backup = (
  id: string,
  sidecar: Partial<NonNullable<DoubtedBackup['sidecar']>> = {},
  more: Partial<DoubtedBackup> = {},
): DoubtedBackup => ({
  id,
  sizeBytes: 1,
  failed: false,
  held: false,
  sidecar: {
    startedAt: new Date(0),
    sizeBytes: 1,
    uncompressedBytes: 1000,
    files: 5,
    leftOut: 0,
    damaged: 0,
    unfinishedRestore: false,
    ...sidecar,
  },
  ...more,
});

const EMPTY = { files: 1, uncompressedBytes: 0 };

/** Takes backups oldest first, the order in which they are compared. */
const doubtfulIds = (...oldestFirst: readonly DoubtedBackup[]) => [...doubts(oldestFirst.toReversed()).keys()];

describe('doubts', () => {
  it('accept backups of similar size', () => {
    expect(doubtfulIds(backup('a'), backup('b', { uncompressedBytes: 100 }), backup('c', { uncompressedBytes: 900_000 }))).toEqual([]);
  });

  it.each([
    ['is empty', EMPTY],
    ['is less than a tenth', { uncompressedBytes: 99 }],
    ['lacks entries', { leftOut: 1 }],
    ['has inconsistent entries', { damaged: 2 }],
    ['was made between a failed restore and the next one', { unfinishedRestore: true }],
  ])('include a backup that %s', (_, sidecar) => {
    expect(doubtfulIds(backup('a'), backup('b', sidecar), backup('c'))).toEqual(['b']);
  });

  it('compare with the last good backup instead of a doubtful or damaged one', () => {
    expect(
      doubtfulIds(
        backup('a'),
        backup('b', { uncompressedBytes: 50 }),
        backup('c', { uncompressedBytes: 20 }, { failed: true }),
        backup('d', { uncompressedBytes: 30 }),
      ),
    ).toEqual(['b', 'c', 'd']);
  });

  it('include an empty backup even if it is the first', () => {
    expect(doubtfulIds(backup('a', EMPTY))).toEqual(['a']);
  });

  it('accept a small backup that is held, and compare later ones with it', () => {
    expect(
      doubtfulIds(backup('a'), backup('b', { uncompressedBytes: 50 }, { held: true }), backup('c', { uncompressedBytes: 40 })),
    ).toEqual([]);
    expect(doubtfulIds(backup('a', { leftOut: 1 }, { held: true }))).toEqual(['a']);
  });

  it('ignore backups that are not known to be complete', () => {
    const [bare, shortened] = [backup('a', {}, { sidecar: undefined }), backup('b', EMPTY, { sizeBytes: 2 })];
    expect(doubtfulIds(bare, shortened)).toEqual([]);
    expect([bare, shortened, backup('c', {}, { failed: true })].map((one) => isGood(one, new Map()))).toEqual([false, false, false]);
  });

  it('state counts and sizes', () => {
    const found = doubts([backup('c', { uncompressedBytes: 3 }), backup('b', { leftOut: 1, damaged: 2 }), backup('a')]);
    expect(Object.fromEntries(found)).toEqual({
      b: '1 entry could not be read, and the content of 2 entries is not a consistent snapshot',
      c: 'it contains 3 bytes, less than a tenth of the 1000 bytes of the previous good backup',
    });
  });
});
