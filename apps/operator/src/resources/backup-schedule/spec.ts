import type { BackupSchedule } from '@eeveebot/crds';
import { nextRuns } from '../../backup/schedule-interval.ts';

/** Schedules of a spec that have no run, although the API server takes them; each text names the field and the fix. */
export function neverComing({ spec }: BackupSchedule, now: Date): readonly string[] {
  const fields = { 'spec.schedule': spec.schedule, 'spec.verification.schedule': spec.verification?.schedule };
  return Object.entries(fields)
    .filter(([, pattern]) => pattern !== undefined && nextRuns({ schedule: pattern, timeZone: spec.timeZone }, now, 1)?.length === 0)
    .map(([field, pattern]) => `${field} ${JSON.stringify(pattern)} never comes: no month has that day`);
}
