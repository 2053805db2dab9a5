import { describe, expect, it } from 'vitest';
import { storedBackup } from './stored-backup.ts';

const HOUR_MS = 3_600_000;
const STORED = new Date('2026-11-23T12:00:00Z');

const taken = (startedAt: Date, lastModified = STORED): Date => {
  const sidecar = { startedAt, sizeBytes: 7, uncompressedBytes: 9, files: 2, leftOut: 0, damaged: 0, unfinishedRestore: false };
  const object = { key: 'chat/seen/a.tar.gz', sizeBytes: 7, lastModified, etag: undefined };
  const place = { beginning: 'chat/seen/', isFormer: false };
  return storedBackup(object, { id: 'a', compression: 'gzip', place, beside: new Map(), sidecar: { sidecar, sidecarProblem: undefined } })
    .takenAt;
};

const after = (hours: number): Date => new Date(STORED.getTime() + hours * HOUR_MS);

describe('the time of a backup', () => {
  it.each([-10_000, -1, 0, 1, 24])('is from its sidecar, %i hours after it was stored', (hours) => {
    expect(taken(after(hours))).toEqual(after(hours));
  });

  it('is from the store when the clock of the machine was far ahead', () => {
    expect(taken(after(25))).toEqual(STORED);
    expect(taken(new Date('2036-01-01T00:00:00Z'))).toEqual(STORED);
  });

  it('is from its sidecar when the store reports no time', () => {
    expect(taken(after(25), new Date(0))).toEqual(after(25));
  });
});
