import { types } from 'node:util';
import { Cron } from 'croner';
import { durationMs } from '../duration.ts';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';

/** When an entry runs. */
export type Recurrence =
  | { readonly kind: 'once' }
  /** At every multiple of the interval, counted from `startMs`. */
  | { readonly kind: 'every'; readonly everyMs: number; readonly startMs: number }
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string };

/** Shortest interval of a recurring entry: cron cannot be faster than a minute either, and a claim on the bus takes a third of a second. */
const MIN_EVERY_MS = 1_000;

/** The last time that a Date can have. */
export const MAX_TIME_MS = 8.64e15;

const refusal = (problem: string, cause?: unknown): EeveeError => new EeveeError(ERROR_CODES.scheduleRefused, problem, { cause });

/**
 * An interval or delay in milliseconds.
 *
 * @param time a duration such as `'1h30m'`, or milliseconds.
 * @throws EeveeError `EEVEE_SCHEDULE_REFUSED`
 */
export function scheduleMs(time: string | number, what: string): number {
  const ms = typeof time === 'string' ? durationMs(time) : time;
  if (ms !== undefined && Number.isFinite(ms) && ms >= 0) return Math.round(ms);
  throw refusal(`the ${what} is ${JSON.stringify(time)}: use a duration such as "90s", "1h30m" or "2d", or milliseconds`);
}

/** Milliseconds since 1970; NaN for what is not a valid Date, such as a text. */
export const timeMsOf = (time: unknown): number => (types.isDate(time) ? time.getTime() : Number.NaN);

/** A recurrence at every multiple of an interval. @throws EeveeError `EEVEE_SCHEDULE_REFUSED` */
export function everyInterval(interval: string | number, start: Date | undefined): Recurrence {
  const everyMs = scheduleMs(interval, 'interval');
  if (everyMs < MIN_EVERY_MS) throw refusal(`the interval is ${everyMs} ms: use at least ${MIN_EVERY_MS} ms`);
  const startMs = start === undefined ? 0 : timeMsOf(start);
  if (Number.isNaN(startMs)) throw refusal('`start` is not a valid Date');
  return { kind: 'every', everyMs, startMs };
}

/** A recurrence by a cron expression. @throws EeveeError `EEVEE_SCHEDULE_REFUSED` */
export function cronExpression(expression: string, timeZone: string): Recurrence {
  try {
    void new Intl.DateTimeFormat('en', { timeZone });
  } catch (error) {
    throw refusal(`the time zone is ${JSON.stringify(timeZone)}: use an IANA name such as "Europe/Berlin"`, error);
  }
  try {
    void new Cron(expression, { mode: '5-part', timezone: timeZone });
  } catch (error) {
    throw refusal(
      `the cron expression is ${JSON.stringify(expression)}: use five fields, such as "30 9 * * 1-5" (${reasonOf(error)})`,
      error,
    );
  }
  return { kind: 'cron', expression, timeZone };
}

/**
 * Time of the first run after `afterMs`, in milliseconds since 1970; `undefined` if it runs no more.
 *
 * A local time that does not exist because clocks go forward runs right after the gap; one that exists twice runs the first time.
 *
 * @example
 * nextRunMs({ kind: 'every', everyMs: 900_000, startMs: 0 }, Date.UTC(2026, 0, 1, 9, 20)); // 09:30
 */
export function nextRunMs(recurrence: Recurrence, afterMs: number): number | undefined {
  switch (recurrence.kind) {
    case 'once':
      return undefined;
    case 'every': {
      const { everyMs, startMs } = recurrence;
      const nextMs = afterMs < startMs ? startMs : startMs + (Math.floor((afterMs - startMs) / everyMs) + 1) * everyMs;
      return nextMs > MAX_TIME_MS ? undefined : nextMs;
    }
    case 'cron':
      return new Cron(recurrence.expression, { mode: '5-part', timezone: recurrence.timeZone }).nextRun(new Date(afterMs))?.getTime();
  }
}

/**
 * Time of the next run of an entry whose time was computed while the clock showed a later time. A run that is ahead by one occurrence keeps
 * its time: the one before may just have happened, and would be repeated after a small correction of the clock.
 */
export function correctedRunMs(recurrence: Recurrence, dueMs: number, nowMs: number): number {
  const expectedMs = nextRunMs(recurrence, nowMs);
  if (expectedMs === undefined || dueMs <= expectedMs) return dueMs;
  const followingMs = nextRunMs(recurrence, expectedMs);
  return followingMs === undefined || dueMs <= followingMs ? dueMs : expectedMs;
}

/** Whether a stored value is a recurrence that this release knows. */
export function isRecurrence(value: unknown): value is Recurrence {
  const { kind, everyMs, startMs, expression, timeZone } = Object(value) as Readonly<Record<string, unknown>>;
  if (kind === 'once') return true;
  if (kind === 'every') return Number.isFinite(everyMs) && Number(everyMs) >= MIN_EVERY_MS && Number.isFinite(startMs);
  if (kind !== 'cron' || typeof expression !== 'string' || typeof timeZone !== 'string') return false;
  try {
    cronExpression(expression, timeZone);
    return true;
  } catch {
    // For example, a time zone that this installation of Node.js does not have.
    return false;
  }
}
