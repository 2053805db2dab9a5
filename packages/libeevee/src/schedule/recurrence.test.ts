import { describe, expect, it } from 'vitest';
import { cronExpression, everyInterval, nextRunMs, scheduleMs } from './recurrence.ts';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());

/** The next `count` runs. */
function runs(recurrence: Parameters<typeof nextRunMs>[0], after: string, count: number): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (let ms: number | undefined = at(after); found.length < count && ms !== undefined; found.push(iso(ms)))
    ms = nextRunMs(recurrence, ms);
  return found;
}

describe('a recurrence', () => {
  it('at an interval is at multiples of it, whenever it was made', () => {
    expect(iso(nextRunMs(everyInterval('15m', undefined), at('2026-01-01T09:20:00Z')))).toBe('2026-01-01T09:30:00.000Z');
    expect(iso(nextRunMs(everyInterval('15m', undefined), at('2026-01-01T09:30:00Z')))).toBe('2026-01-01T09:45:00.000Z');
    const start = new Date('2026-03-01T12:34:56Z');
    expect(runs(everyInterval('1d', start), '2026-01-01T00:00:00Z', 2)).toEqual(['2026-03-01T12:34:56.000Z', '2026-03-02T12:34:56.000Z']);
  });

  it('by a cron expression keeps the local time when clocks change', () => {
    expect(runs(cronExpression('0 9 * * 1', 'Europe/Berlin'), '2026-03-16T12:00:00Z', 2)).toEqual([
      '2026-03-23T08:00:00.000Z',
      '2026-03-30T07:00:00.000Z',
    ]);
  });

  it('by a cron expression runs once where clocks go forward over its time, and once where they go back over it', () => {
    expect(runs(cronExpression('30 2 * * *', 'Europe/Berlin'), '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(runs(cronExpression('30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('by a cron expression reaches a leap day, and none that does not exist', () => {
    expect(iso(nextRunMs(cronExpression('0 0 29 2 *', 'UTC'), at('2026-01-01T00:00:00Z')))).toBe('2028-02-29T00:00:00.000Z');
    expect(nextRunMs(cronExpression('0 0 31 2 *', 'UTC'), at('2026-01-01T00:00:00Z'))).toBeUndefined();
  });

  it.each([
    [() => everyInterval('soon', undefined), /^the interval is "soon": use a duration such as "90s"/],
    [() => everyInterval(500, undefined), /^the interval is 500 ms: use at least 1000 ms/],
    [() => everyInterval('1h', new Date(Number.NaN)), /^`start` is not a valid Date/],
    [() => scheduleMs(-1, 'delay'), /^the delay is -1: use a duration/],
    [() => scheduleMs(Number.NaN, 'delay'), /^the delay is null: use a duration/],
    [() => cronExpression('every day', 'UTC'), /^the cron expression is "every day": use five fields, such as "30 9 \* \* 1-5" \(/],
    [() => cronExpression('0 0 0 * * *', 'UTC'), /^the cron expression is "0 0 0 \* \* \*": use five fields/],
    [() => cronExpression('0 0 * * *', 'Berlin'), /^the time zone is "Berlin": use an IANA name/],
  ])('that cannot work is refused with a fix, case %#', (make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'EEVEE_SCHEDULE_REFUSED', message: expect.stringMatching(message) as string }) as Error,
    );
  });
});
