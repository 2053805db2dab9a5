/** Which backups stay. What no rule keeps goes; without any rule all stay. */
export interface Retention {
  /** The newest so many. */
  readonly keepLast?: number;
  /** For so many days, weeks and months, counted from the newest backup, the last one of each. In UTC; weeks begin on Monday. */
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  /** Those younger than this stay in any case. */
  readonly minAgeHours?: number;
}

/** A backup as far as retention is concerned. */
export interface DatedBackup {
  readonly id: string;
  readonly lastModified: Date;
  /** Whether it is known to be complete. */
  readonly hasSidecar: boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const day = (date: Date): number => Math.floor(date.getTime() / DAY_MS);
/** The first of January 1970 was a Thursday. */
const week = (date: Date): number => Math.floor((day(date) + 3) / 7);
const month = (date: Date): number => date.getUTCFullYear() * 12 + date.getUTCMonth();

/** Whether any rule is given. */
export const isLimited = ({ keepLast, keepDaily, keepWeekly, keepMonthly }: Retention): boolean =>
  [keepLast, keepDaily, keepWeekly, keepMonthly].some((kept) => kept !== undefined);

/**
 * The backups that no rule keeps, the oldest first. The newest that is known to be complete is never among them, nor,
 * where none is, the newest of all.
 *
 * @example
 * expired(backups, { keepLast: 3, keepDaily: 7 }, new Date());
 */
export function expired<Backup extends DatedBackup>(backups: readonly Backup[], retention: Retention, now: Date): readonly Backup[] {
  if (!isLimited(retention)) return [];
  const newestFirst = backups.toSorted((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
  const kept = new Set<Backup>(newestFirst.slice(0, retention.keepLast ?? 0));
  for (const [period, periods] of [
    [day, retention.keepDaily],
    [week, retention.keepWeekly],
    [month, retention.keepMonthly],
  ] as const) {
    for (const backup of lastOfEach(newestFirst, period, periods ?? 0)) kept.add(backup);
  }
  const youngest = now.getTime() - (retention.minAgeHours ?? 0) * HOUR_MS;
  const safe = newestFirst.find(({ hasSidecar }) => hasSidecar) ?? newestFirst[0];
  return newestFirst.filter((backup) => backup !== safe && !kept.has(backup) && backup.lastModified.getTime() <= youngest).toReversed();
}

function lastOfEach<Backup extends DatedBackup>(
  newestFirst: readonly Backup[],
  period: (date: Date) => number,
  periods: number,
): readonly Backup[] {
  const newest = newestFirst[0];
  if (newest === undefined) return [];
  const seen = new Set<number>();
  return newestFirst.filter(({ lastModified }) => {
    const at = period(lastModified);
    if (period(newest.lastModified) - at >= periods || seen.has(at)) return false;
    seen.add(at);
    return true;
  });
}
