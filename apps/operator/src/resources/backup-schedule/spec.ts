import { Cron } from 'croner';
import type { BackupSchedule } from '@eeveebot/crds';

/** Problems of a schedule's spec that its schema could not reject; each names the field and the fix. */
export function scheduleProblems({ spec }: BackupSchedule, now: Date): readonly string[] {
  return [
    patternProblem('spec.schedule', spec.schedule, now),
    patternProblem('spec.verification.schedule', spec.verification?.schedule, now),
    timeZoneProblem(spec.timeZone),
  ].filter((problem) => problem !== undefined);
}

function patternProblem(field: string, pattern: string | undefined, now: Date): string | undefined {
  // `@every` is an addition of Kubernetes: a duration, which the schema has checked.
  if (pattern === undefined || pattern.startsWith('@every ')) return undefined;
  const about = `${field} ${JSON.stringify(pattern)}`;
  try {
    return new Cron(pattern, { mode: '5-part', timezone: 'Etc/UTC' }).nextRun(now) === null
      ? `${about} never comes: no month has that day`
      : undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `${about} is no schedule: ${error.message}; the fields are minute 0-59, hour 0-23, day 1-31, month 1-12, day of the week 0-6`;
  }
}

function timeZoneProblem(timeZone: string | undefined): string | undefined {
  if (timeZone === undefined) return undefined;
  try {
    // Throws for a name that the time zone database does not have.
    void new Intl.DateTimeFormat('en', { timeZone });
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `spec.timeZone ${timeZone} does not exist: use a name of the IANA time zone database, such as Europe/Berlin`;
  }
}
