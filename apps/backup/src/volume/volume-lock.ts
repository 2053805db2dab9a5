import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { STAGING_NAME } from '../archive/tar/entry.ts';
import { BackupError } from '../errors.ts';
import { lockFile } from '../file-system/linux.ts';

/** Errors of file systems without locks for directories: there is none to be had, and work goes on. */
const NO_LOCKS: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'EINVAL', 'ENOLCK', 'EACCES', 'EPERM']);

/** A directory that need not be there, or that this process may not open. */
const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM']);

/**
 * Keeps a restore and anything else apart on one volume while `work` goes on. The lock ends with this process, however that
 * ends. Backups share a lock: several may read at once.
 *
 * @throws BackupError `failed` when another process has a lock; what `work` throws.
 */
export async function withVolumeLock<Result>(volume: string, kind: 'shared' | 'exclusive', work: () => Promise<Result>): Promise<Result> {
  using locks = new DisposableStack();
  for (const fd of [opened(volume), opened(join(volume, STAGING_NAME), constants.O_NOFOLLOW)]) {
    if (fd === undefined) continue;
    locks.defer(() => closeSync(fd));
    if (isTaken(fd, kind)) {
      const others = kind === 'shared' ? 'a restore' : 'a backup or another restore';
      throw new BackupError('failed', `${others} is already running on ${volume}, in another process: try again when it has ended`);
    }
  }
  return await work();
}

function opened(directory: string, flags = 0): number | undefined {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | flags);
  } catch (error) {
    if (NOT_THERE.has(codeOf(error))) return undefined;
    throw error;
  }
}

function isTaken(fd: number, kind: 'shared' | 'exclusive'): boolean {
  try {
    return !lockFile(fd, kind);
  } catch (error) {
    if (NO_LOCKS.has(codeOf(error))) return false;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
