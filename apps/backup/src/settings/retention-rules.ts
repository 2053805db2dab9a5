/** Retention rules. Backups that no rule keeps are removed; without rules all are kept. 0 disables a rule. */
export interface Retention {
  /** Keeps the newest n backups. */
  readonly keepLast?: number;
  /**
   * Keeps the last backup of each of the last n hours, days, weeks or months that have one, in UTC; weeks begin on Monday. Periods without
   * a backup do not count, so a paused schedule does not remove older backups.
   */
  readonly keepHourly?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  /** Backups younger than this are always kept. */
  readonly minAgeHours?: number;
}

/** Whether any rule is enabled. */
export const isLimited = ({ keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly }: Retention): boolean =>
  [keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly].some((count) => count !== undefined && count > 0);
