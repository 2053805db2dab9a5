import { isComplete, type StoredBackup } from './stored-backup.ts';
import type { SidecarSummary } from '../sidecar-summary.ts';

/** Reason for a backup that was made between a failed or killed restore and the next one. */
export const UNFINISHED_RESTORE = 'it was made while a restore of the volume was unfinished';

/** A backup smaller than this share of the previous good one is doubtful. */
const SUSPICIOUS_SHARE = 0.1;

/** The fields of a backup that decide whether it is doubtful. */
export type DoubtedBackup = Pick<StoredBackup, 'id' | 'sidecar' | 'sizeBytes' | 'failed' | 'held'>;

/**
 * Why complete backups do not count as good, by id. A doubtful backup is kept in addition to the good ones and never replaces one.
 *
 * A backup is doubtful when entries are missing or inconsistent, when a restore of the volume had not finished, when it is empty, or when it is far smaller than the previous good one. A
 * user who holds an empty or small backup has accepted it: it counts as good, and later backups are compared with it.
 *
 * @param newestFirst as returned by `listBackups`.
 * @example
 * doubts(backups).get(newest.id); // 'it is empty: the volume contains no files'
 */
export function doubts(newestFirst: readonly DoubtedBackup[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let before: SidecarSummary | undefined;
  for (const backup of newestFirst.toReversed()) {
    const { id, sidecar, failed } = backup;
    if (sidecar === undefined || !isComplete(backup)) continue;
    const doubt = lossDoubt(sidecar) ?? (backup.held ? undefined : sizeDoubt(sidecar, before));
    if (doubt !== undefined) found.set(id, doubt);
    else if (!failed) before = sidecar;
  }
  return found;
}

/** Whether a backup is complete, not doubtful, and did not fail its last verification. */
export const isGood = (backup: DoubtedBackup, doubtful: ReadonlyMap<string, string>): boolean =>
  isComplete(backup) && !backup.failed && !doubtful.has(backup.id);

function lossDoubt({ leftOut, damaged, unfinishedRestore }: SidecarSummary): string | undefined {
  const parts = [
    ...(unfinishedRestore ? [UNFINISHED_RESTORE] : []),
    ...(leftOut > 0 ? [`${countOf(leftOut, 'entry', 'entries')} could not be read`] : []),
    ...(damaged > 0 ? [`the content of ${countOf(damaged, 'entry', 'entries')} is not a consistent snapshot`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', and ');
}

const countOf = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

function sizeDoubt({ files, uncompressedBytes }: SidecarSummary, before: SidecarSummary | undefined): string | undefined {
  // The root directory counts as an entry.
  if (files <= 1 && uncompressedBytes === 0) return 'it is empty: the volume contained no files';
  if (before === undefined || uncompressedBytes >= before.uncompressedBytes * SUSPICIOUS_SHARE) return undefined;
  return `it contains ${uncompressedBytes} bytes, less than a tenth of the ${before.uncompressedBytes} bytes of the previous good backup`;
}
