import { doubts, isComplete, isGood, newestFirst, type StoredBackup } from '@eeveebot/object-store';
import { isLimited, type Retention } from '../settings/retention-rules.ts';

/** The fields of a backup that retention uses. */
export type RetainedBackup = Pick<
  StoredBackup,
  'id' | 'takenAt' | 'lastModified' | 'sizeBytes' | 'sidecar' | 'hasSidecar' | 'verified' | 'failed' | 'held' | 'restoring' | 'isFormer'
>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Time within which the sidecar of an archive may still be uploaded. */
const UPLOAD_MS = DAY_MS;

const hour = (date: Date): number => Math.floor(date.getTime() / HOUR_MS);
const day = (date: Date): number => Math.floor(date.getTime() / DAY_MS);
/** January 1, 1970 was a Thursday. */
const week = (date: Date): number => Math.floor((day(date) + 3) / 7);
const month = (date: Date): number => date.getUTCFullYear() * 12 + date.getUTCMonth();

/**
 * The backups that no rule keeps, oldest first.
 *
 * The rules are applied to three groups separately, and a backup that is kept in any group is kept: the good backups, all complete ones,
 * and archives that are not known to be complete. So a doubtful backup, or one without a sidecar, is kept in addition to a good one and
 * never replaces it, and archives of releases before 3.0 expire by the same rules.
 *
 * Always kept: the backup just made; the newest complete, the newest good and the newest verified backup, and the newest that is both good
 * and verified; held backups and those being restored in place; backups younger than `minAgeHours`; archives without a sidecar that were written within a day; backups whose
 * sidecar cannot be read, since a later release may have written it; and everything at the former location.
 *
 * @param given.justMade id of the backup made by this run.
 * @example
 * expiredBackups(backups, { keepLast: 3, keepDaily: 7 }, { now: new Date() });
 */
export function expiredBackups<Backup extends RetainedBackup>(
  backups: readonly Backup[],
  retention: Retention,
  given: { readonly now: Date; readonly justMade?: string | undefined },
): readonly Backup[] {
  if (!isLimited(retention)) return [];
  const ordered = backups.filter(({ isFormer }) => !isFormer).toSorted(newestFirst);
  const doubtful = doubts(ordered);
  const good = ordered.filter((backup) => isGood(backup, doubtful));
  const complete = ordered.filter(isComplete);
  const incomplete = ordered.filter((backup) => !isComplete(backup));
  const kept = new Set<Backup | undefined>([
    ...[good, complete, incomplete].flatMap((group) => keptByRules(group, retention)),
    complete[0],
    good[0],
    complete.find(({ failed }) => !failed),
    ordered.find(({ verified }) => verified),
    good.find(({ verified }) => verified),
    // Without a complete backup, the newest archive is the best one.
    ...(complete.length === 0 ? [ordered[0]] : []),
  ]);
  return ordered.filter((backup) => !kept.has(backup) && !isProtected(backup, retention, given)).toReversed();
}

function isProtected(
  backup: RetainedBackup,
  { minAgeHours = 0 }: Retention,
  { now, justMade }: { readonly now: Date; readonly justMade?: string | undefined },
): boolean {
  const { id, held, restoring, takenAt, lastModified, sidecar, hasSidecar } = backup;
  const isYounger = (date: Date, ageMs: number): boolean => now.getTime() - date.getTime() < ageMs;
  if (id === justMade || held || restoring) return true;
  if (minAgeHours > 0 && isYounger(takenAt, minAgeHours * HOUR_MS)) return true;
  return sidecar === undefined && (hasSidecar || isYounger(lastModified, UPLOAD_MS));
}

function keptByRules<Backup extends RetainedBackup>(ordered: readonly Backup[], retention: Retention): readonly Backup[] {
  return [
    ...ordered.slice(0, retention.keepLast ?? 0),
    ...lastOfEach(ordered, hour, retention.keepHourly),
    ...lastOfEach(ordered, day, retention.keepDaily),
    ...lastOfEach(ordered, week, retention.keepWeekly),
    ...lastOfEach(ordered, month, retention.keepMonthly),
  ];
}

function lastOfEach<Backup extends RetainedBackup>(
  ordered: readonly Backup[],
  period: (date: Date) => number,
  periods = 0,
): readonly Backup[] {
  const seen = new Set<number>();
  return ordered.filter(({ takenAt }) => {
    const at = period(takenAt);
    if (seen.has(at) || seen.size >= periods) return false;
    seen.add(at);
    return true;
  });
}
