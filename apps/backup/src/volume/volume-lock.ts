import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, messageOf } from '@eeveebot/contract';
import { STAGING_NAME } from '../archive/tar/entry.ts';
import { BackupError, failureKind } from '../errors.ts';
import { lockFile } from '../file-system/linux.ts';

/** Errors of file systems that do not support locks on directories; work continues without one. */
const NO_LOCKS: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'EINVAL', 'ENOLCK', 'EACCES', 'EPERM']);

/** Errors for a directory that does not exist or may not be opened. */
const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM']);

/**
 * Runs `work` with a lock that excludes restores and other commands on one volume from each other. The lock ends with the process. Backups
 * share a lock, so several may run at once.
 *
 * @throws BackupError `failed` when another process holds a conflicting lock, and when the file system cannot check that; errors of `work`.
 */
export async function withVolumeLock<Result>(volume: string, kind: 'shared' | 'exclusive', work: () => Promise<Result>): Promise<Result> {
  using locks = new DisposableStack();
  for (const fd of [openIfPresent(volume), openIfPresent(join(volume, STAGING_NAME), constants.O_NOFOLLOW)]) {
    if (fd === undefined) continue;
    locks.defer(() => closeSync(fd));
    if (isLockedByOther(volume, fd, kind)) {
      const others = kind === 'shared' ? 'a restore' : 'a backup or another restore';
      throw new BackupError('failed', `${others} is already running on ${volume} in another process: try again when it has ended`);
    }
  }
  return await work();
}

function openIfPresent(directory: string, flags = 0): number | undefined {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | flags);
  } catch (error) {
    if (NOT_THERE.has(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function isLockedByOther(volume: string, fd: number, kind: 'shared' | 'exclusive'): boolean {
  try {
    return !lockFile(fd, kind);
  } catch (error) {
    if (NO_LOCKS.has(errorCode(error) ?? '')) return false;
    throw new BackupError(failureKind(error), `${volume} could not be locked, and nothing was changed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
