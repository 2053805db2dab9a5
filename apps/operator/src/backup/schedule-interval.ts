import { Cron } from 'croner';

/** Runs that are looked at: the longest gap of a schedule by weekday or by day of the month is among them. */
const RUNS = 12;

/** Seconds of the units that durations of `@every` have. */
const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/**
 * Longest time between two of the next runs of a cron schedule, in seconds; undefined for a schedule that has no two runs.
 *
 * @example
 * expectedIntervalSeconds({ schedule: '30 3 * * *', timeZone: undefined }, now); // 86400
 */
export function expectedIntervalSeconds(
  { schedule, timeZone = 'Etc/UTC' }: { readonly schedule: string; readonly timeZone: string | undefined },
  now: Date,
): number | undefined {
  if (schedule.startsWith('@every ')) return durationSeconds(schedule.slice('@every '.length));
  const times = nextRuns(schedule, timeZone, now).map((run) => run.getTime() / 1000);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return gaps.length === 0 ? undefined : Math.max(...gaps);
}

/** The schema cannot refuse every schedule that never comes, or a time zone that does not exist: such ones have no runs. */
function nextRuns(schedule: string, timezone: string, now: Date): readonly Date[] {
  try {
    return new Cron(schedule, { mode: '5-part', timezone }).nextRuns(RUNS, now);
  } catch (error) {
    if (error instanceof Error) return [];
    throw error;
  }
}

function durationSeconds(text: string): number | undefined {
  const parts = [...text.matchAll(/([0-9.]+)([a-zµ]+)/g)].map(([, count, unit = '']) => Number(count) * (UNITS[unit] ?? Number.NaN));
  const seconds = parts.reduce((sum, part) => sum + part, 0);
  return parts.length === 0 || Number.isNaN(seconds) ? undefined : seconds;
}
