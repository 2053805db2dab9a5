import { nextRuns, type CronSchedule } from '../../backup-jobs/schedule-interval.ts';

/** Problem of a schedule that the API server accepts but that never runs. The text names the field and the fix. */
export const neverComing = (field: string, given: CronSchedule, now: Date): readonly string[] =>
  nextRuns(given, now, 1)?.length === 0 ? [`${field} ${JSON.stringify(given.schedule)} never occurs: no month has that day`] : [];
