import { Cron } from 'croner';
import { setBounded } from '../controller/set-bounded.ts';

/** Highest value of each field of a cron expression: minute, hour, day of the month, month, day of the week. */
const FIELD_MAXIMUMS = [59, 23, 31, 12, 6] as const;

/** Number of runs to compute one by one: they include the longest gap of a schedule by day of the month. */
const RUNS = 12;

/** Time in which the longest gap of a schedule by hour or weekday occurs, in milliseconds. */
const WEEK_MS = 8 * 86_400_000;
const HOUR_MS = 3_600_000;

/** Prefix of a schedule that is a duration. */
const EVERY = '@every ';

/** How long a computed interval is used: the next runs are then others, and the longest gap between them seldom is. */
const VALID_MS = 86_400_000;

/** Bound on the remembered intervals. */
const REMEMBERED = 10_000;

/** Schedule of a CronJob. */
export interface CronSchedule {
  readonly schedule: string;
  readonly timeZone: string | undefined;
}

/** Seconds per unit of an `@every` duration. */
const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, ['\u00b5s']: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

interface KnownInterval {
  readonly atMs: number;
  readonly seconds: number | undefined;
}

/**
 * Intervals by schedule and time zone. Computing one takes milliseconds; it is needed for each schedule whenever metrics are read, and for each
 * backup that runs whenever its schedule is reconciled.
 */
const known = new Map<string, KnownInterval>();

/**
 * Longest interval between two of the next runs of a cron schedule, in seconds; undefined for a schedule without two runs.
 *
 * @example
 * expectedIntervalSeconds({ schedule: '30 3 * * *', timeZone: undefined }, now); // 86400
 */
export function expectedIntervalSeconds(given: CronSchedule, now: Date): number | undefined {
  const { schedule, timeZone = '' } = given;
  const key = `${timeZone} ${schedule}`;
  const atMs = now.getTime();
  const before = known.get(key);
  if (before !== undefined && Math.abs(atMs - before.atMs) < VALID_MS) return before.seconds;
  const seconds = computedInterval(given, now);
  setBounded(known, [key, { atMs, seconds }], REMEMBERED);
  return seconds;
}

function computedInterval({ schedule, timeZone }: CronSchedule, now: Date): number | undefined {
  if (schedule.startsWith(EVERY)) return durationSeconds(schedule.slice(EVERY.length));
  if (timeZone !== undefined && !isTimeZone(timeZone)) return undefined;
  // In a time zone the gaps differ by an hour, twice a year, and each run takes several times as long to compute.
  const cron = parsed({ schedule, timeZone: undefined });
  const gap = cron && longestGapMs(cron, now);
  return gap === undefined ? undefined : gap / 1000;
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Longest of the next gaps between runs. Dozens of runs an hour are not computed one by one: a longer gap is one without runs after an hour. */
function longestGapMs(cron: Cron, now: Date): number | undefined {
  const runs = cron.nextRuns(RUNS, now).map((run) => run.getTime());
  const gaps = runs.slice(1).map((time, index) => time - (runs[index] ?? time));
  let longest = Math.max(...gaps);
  let at = runs.at(-1);
  while (gaps.length > 0 && at !== undefined && at < now.getTime() + WEEK_MS) {
    const inAnHour = at + HOUR_MS;
    const next = cron.nextRun(new Date(inAnHour))?.getTime();
    if (next !== undefined && next - inAnHour > longest) longest = next - lastRunMs(cron, { from: at, until: inAnHour });
    at = next;
  }
  return gaps.length === 0 ? undefined : longest;
}

/** The last run in a time that begins with a run. */
function lastRunMs(cron: Cron, { from, until }: { readonly from: number; readonly until: number }): number {
  const next = cron.nextRun(new Date(from))?.getTime();
  return next === undefined || next > until ? from : lastRunMs(cron, { from: next, until });
}

/**
 * The next runs of a schedule, at most `count`: empty for one that never runs, undefined for one that cannot be parsed here. Only
 * the API server decides whether a schedule is valid, and it accepts more than `croner` does.
 */
export function nextRuns(given: CronSchedule, now: Date, count: number): readonly Date[] | undefined {
  return parsed(given)?.nextRuns(count, now);
}

function parsed({ schedule, timeZone }: CronSchedule): Cron | undefined {
  if (schedule.startsWith(EVERY) || (timeZone !== undefined && !isTimeZone(timeZone))) return undefined;
  // UTC as an offset takes a quarter of the time of UTC as a time zone.
  const zone = timeZone === undefined ? { utcOffset: 0 } : { timezone: timeZone };
  try {
    return new Cron(withPlainSteps(schedule), { mode: '5-part', ...zone });
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Kubernetes accepts `5/15` for `5-59/15`. */
function withPlainSteps(schedule: string): string {
  if (schedule.startsWith('@')) return schedule;
  const fields = schedule.trim().split(/\s+/);
  return fields
    .map((field, index) => field.replaceAll(/(?<=^|,)(\d+)\/(\d+)/g, (_, first, step) => `${first}-${FIELD_MAXIMUMS[index]}/${step}`))
    .join(' ');
}

function durationSeconds(text: string): number | undefined {
  const parts = [...text.matchAll(/([0-9.]+)([a-z\u00b5]+)/g)].map(([, count, unit = '']) => Number(count) * (UNITS[unit] ?? Number.NaN));
  const seconds = parts.reduce((sum, part) => sum + part, 0);
  return parts.length === 0 || Number.isNaN(seconds) ? undefined : seconds;
}
