import { describe, expect, it } from 'vitest';
import type { StoredBackup } from './stored-backup.ts';
import { chosenBackup } from './latest.ts';

const TIME = new Date('2026-11-23T12:00:00Z');

const SIDECAR = { startedAt: TIME, sizeBytes: 7, uncompressedBytes: 9, files: 2, leftOut: 0, damaged: 0, unfinishedRestore: false };

const backup = (id: string, more: Partial<StoredBackup> = {}): StoredBackup => {
  return {
    ...{ id, key: `chat/seen/${id}.tar.gz`, compression: 'gzip', beginning: 'chat/seen/', isFormer: false },
    ...{
      sizeBytes: 7,
      lastModified: TIME,
      etag: undefined,
      sidecarKey: `chat/seen/${id}.json`,
      records: [],
      hasSidecar: true,
      sidecar: SIDECAR,
    },
    ...{ sidecarProblem: undefined, startedAt: TIME, takenAt: TIME, verified: false, failed: false, held: false, restoring: false },
    ...more,
  };
};

const BARE = { hasSidecar: false, sidecar: undefined, startedAt: undefined };
const FAILED = { failed: true };
const UNFINISHED = { sidecar: { ...SIDECAR, unfinishedRestore: true } };
const SHORTENED = { sizeBytes: 6 };
const BROKEN = { sidecar: undefined, startedAt: undefined, sidecarProblem: 'its sidecar is not JSON' };

describe('latest', () => {
  it('is the newest backup if it is complete', () => {
    expect(chosenBackup([backup('b'), backup('a')])).toMatchObject({ backup: { id: 'b' }, passedOver: [] });
    expect(chosenBackup([])).toBeUndefined();
  });

  it.each([
    ['an archive without a sidecar', BARE, 'it has no sidecar, so its upload may not have finished'],
    ['one whose verification failed', FAILED, 'its last verification failed'],
    ['one made during an unfinished restore', UNFINISHED, 'it was made while a restore of the volume was unfinished'],
    ['whose archive has another size', SHORTENED, 'its archive has 6 bytes, but 7 bytes were uploaded'],
    ['one whose sidecar is damaged', BROKEN, 'its sidecar is not JSON'],
  ])('is never a backup %s while there is a complete one, and reports the reason', (_, more, reason) => {
    expect(chosenBackup([backup('c', more), backup('b'), backup('a', more)])).toMatchObject({
      backup: { id: 'b' },
      passedOver: [`backup c of ${TIME.toISOString()} was passed over: ${reason}`],
    });
  });

  it('falls back to a backup of an unfinished restore, then to one whose verification failed, then to one without a sidecar, then to any', () => {
    const [failed, bare, broken] = [backup('failed', FAILED), backup('bare', BARE), backup('broken', BROKEN)];
    expect(chosenBackup([broken, bare, failed, backup('unfinished', UNFINISHED)])?.backup.id).toBe('unfinished');
    expect(chosenBackup([broken, bare, failed])?.backup.id).toBe('failed');
    expect(chosenBackup([broken, bare])?.backup.id).toBe('bare');
    expect(chosenBackup([broken])?.backup.id).toBe('broken');
  });

  it('states why the backup does not count as good', () => {
    expect(chosenBackup([backup('b', { sidecar: { ...SIDECAR, leftOut: 1 } }), backup('a')])).toMatchObject({
      backup: { id: 'b' },
      doubt: '1 entry could not be read',
    });
    expect(chosenBackup([backup('a')])?.doubt).toBeUndefined();
  });

  it('reports at most ten reasons', () => {
    const many = Array.from({ length: 30 }, (_, index) => backup(`bare-${index}`, BARE));
    const { passedOver = [] } = chosenBackup([...many, backup('a')]) ?? {};
    expect(passedOver).toHaveLength(11);
    expect(passedOver.at(-1)).toBe('and 20 more backups');
  });
});
