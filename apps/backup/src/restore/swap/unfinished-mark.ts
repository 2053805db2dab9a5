import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@eeveebot/contract';
import { UNFINISHED_NAME } from '../../archive/tar/entry.ts';
import type { Protection } from '../../backups/restore-protection.ts';
import { syncFolder } from '../../file-system/sync-folder.ts';
import { addToProtectionList } from './protection-list.ts';
import { appendProtections, isNoFile, readProtections } from './protection-lines.ts';

/**
 * The mark of a volume that lost old data to a restore in place and does not have the restored data yet. It outlives the restore that set
 * it, so that a backup of the partial data does not replace a good one. Its lines name the backups that such restores were of: they are
 * protected from retention until one of the restores succeeds.
 */
const markOf = (volume: string): string => join(volume, UNFINISHED_NAME);

const isMarked = (volume: string): boolean => lstatSync(markOf(volume), { throwIfNoEntry: false }) !== undefined;

/**
 * Marks a volume, before old data is removed.
 *
 * @param protection that of the backup to restore; `undefined` if it is not protected.
 * @returns false when the disk is too full even for a small file: try again after some data was removed.
 * @throws Error of the file system.
 */
export function markUnfinished(volume: string, protection: Protection | undefined): boolean {
  try {
    appendProtections(markOf(volume), protection === undefined ? [] : [protection]);
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) return false;
    // Such an entry marks the volume as well.
    if (!isNoFile(error)) throw error;
  }
  syncFolder(volume);
  return true;
}

/** The protections of the backups whose restores in place removed old data and did not finish. */
export const unfinishedProtections = (volume: string): readonly Protection[] => readProtections(markOf(volume));

/** Removes the mark, after the restored data is in place. Its protections move to the list of those to be ended. */
export function removeUnfinishedMark(volume: string): void {
  if (!isMarked(volume)) return;
  addToProtectionList(volume, unfinishedProtections(volume));
  rmSync(markOf(volume), { recursive: true, force: true });
}

/** A warning about a restore in place that has not finished, for commands that only read the volume; undefined without one. */
export function unfinishedMarkWarning(volume: string): string | undefined {
  if (!isMarked(volume)) return undefined;
  return `a restore in place removed old data and did not finish: run the restore again, or remove ${markOf(volume)} if the data is complete`;
}
