import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isBackupId, isErrno } from '@eeveebot/contract';
import { UNFINISHED_NAME } from '../../archive/tar/entry.ts';
import { syncFolder } from '../../file-system/sync-folder.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Enough for a thousand ids; modules can write to the volume. */
const MAX_BYTES = 64 * 1024;

/**
 * The mark of a volume that lost old data to a restore in place and does not have the restored data yet. It outlives the restore that set
 * it, so that a backup of the partial data does not replace a good one. Its lines are the ids of the backups that such restores were of:
 * they are protected from retention until one of the restores succeeds.
 */
const markOf = (volume: string): string => join(volume, UNFINISHED_NAME);

const isMarked = (volume: string): boolean => lstatSync(markOf(volume), { throwIfNoEntry: false }) !== undefined;

/** Errors for an entry at the place of the mark that is not a file; it marks the volume as well. */
const isNoFile = (error: unknown): boolean => isErrno(error, 'ELOOP', 'EISDIR', 'ENXIO');

/**
 * Marks a volume, before old data is removed.
 *
 * @param backupId the backup to restore.
 * @returns false when the disk is too full even for a small file: try again after some data was removed.
 * @throws Error of the file system.
 */
export function markUnfinished(volume: string, backupId: string): boolean {
  try {
    const fd = openSync(markOf(volume), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      writeSync(fd, `${backupId}\n`);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) return false;
    if (!isNoFile(error)) throw error;
  }
  syncFolder(volume);
  return true;
}

/** The ids of the backups whose restores in place removed old data and did not finish. */
export function unfinishedBackups(volume: string): ReadonlySet<string> {
  try {
    const fd = openSync(markOf(volume), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (!fstatSync(fd).isFile()) return new Set();
      const content = Buffer.alloc(MAX_BYTES);
      const lines = content.toString('latin1', 0, readSync(fd, content)).split('\n');
      return new Set(lines.filter(isBackupId));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isNoFile(error)) return new Set();
    throw error;
  }
}

/** Removes the mark, after the restored data is in place. */
export function removeUnfinishedMark(volume: string): void {
  if (isMarked(volume)) rmSync(markOf(volume), { recursive: true, force: true });
}

/** A warning about a restore in place that has not finished, for commands that only read the volume; undefined without one. */
export function unfinishedMarkWarning(volume: string): string | undefined {
  if (!isMarked(volume)) return undefined;
  return `a restore in place removed old data and did not finish: run the restore again, or remove ${markOf(volume)} if the data is complete`;
}
