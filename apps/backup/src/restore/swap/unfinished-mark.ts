import { lstatSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@eeveebot/contract';
import { UNFINISHED_NAME } from '../../archive/tar/entry.ts';
import { syncFolder } from '../../file-system/sync-folder.ts';

/**
 * The mark of a volume that lost old data to a restore in place and does not have the restored data yet. It outlives the restore that set
 * it, so that a backup of the partial data does not replace a good one.
 */
const markOf = (volume: string): string => join(volume, UNFINISHED_NAME);

const isMarked = (volume: string): boolean => lstatSync(markOf(volume), { throwIfNoEntry: false }) !== undefined;

/**
 * Marks a volume, before old data is removed.
 *
 * @returns false when the disk is too full even for an empty file: try again after some data was removed.
 * @throws Error of the file system.
 */
export function markUnfinished(volume: string): boolean {
  try {
    writeFileSync(markOf(volume), '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) return false;
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  syncFolder(volume);
  return true;
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
