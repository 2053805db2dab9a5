import { describe, expect, it } from 'vitest';
import { expectedIntervalSeconds, nextRuns } from './schedule-interval.ts';

const HOUR = 3_600;
const now = new Date('2026-11-28T12:00:00Z');

describe('the expected interval of a schedule', () => {
  it.each([
    ['30 3 * * *', 24 * HOUR],
    ['@hourly', HOUR],
    ['*/15 * * * *', HOUR / 4],
    // From Friday to Monday.
    ['0 2 * * 1-5', 72 * HOUR],
    ['0 0 1 * *', 31 * 24 * HOUR],
    // Overnight, and over the weekend.
    ['*/30 8-17 * * *', 14.5 * HOUR],
    ['*/5 8-17 * * 1-5', 62 * HOUR + 300],
    ['* 8 * * *', 23 * HOUR + 60],
    ['15 0,2,4,6,8,10,12,14,16,18,20,22,23 * * *', 2 * HOUR],
    // From the last hour of a month's first day.
    ['0 * 1 * *', 30 * 24 * HOUR + HOUR],
    ['@every 1h30m', 1.5 * HOUR],
    // Syntax that only Kubernetes' own parser accepts.
    ['0/15 * * * *', HOUR / 4],
    ['5/20,10 * * * *', HOUR / 3],
    [' 30  3 ? * *', 24 * HOUR],
    ['30 3 * * MON-fri', 72 * HOUR],
    ['0 0 30 2 *', undefined],
    ['61 * * * *', undefined],
    ['@every 5 parsecs', undefined],
  ])('%s is the longest time between two runs', (schedule, seconds) => {
    expect(expectedIntervalSeconds({ schedule, timeZone: undefined }, now)).toBe(seconds);
  });

  it('is unknown in a time zone that does not exist', () => {
    expect(expectedIntervalSeconds({ schedule: '@daily', timeZone: 'Moon/Crater' }, now)).toBeUndefined();
    expect(nextRuns({ schedule: '@daily', timeZone: 'Moon/Crater' }, now, 1)).toBeUndefined();
  });

  it.each(['06:00', '09:10', '14:20', '17:59', '22:00'])('of runs in working hours is the night, also at %s', (time) => {
    const at = new Date(`2027-03-01T${time}:00Z`);
    expect(expectedIntervalSeconds({ schedule: '*/10 8-17 * * *', timeZone: `Etc/GMT+${at.getUTCHours() % 12}` }, at)).toBe(
      14 * HOUR + 600,
    );
  });

  it('is computed once a day for each schedule and time zone', () => {
    const at = (time: string, timeZone?: string) => expectedIntervalSeconds({ schedule: '0 0 29 2 *', timeZone }, new Date(time));
    const year = 365 * 24 * HOUR;
    // The next runs include those around the year 2100, which is not a leap year, only after the one in between.
    expect(at('2052-02-28T12:00:00Z')).toBeLessThan(5 * year);
    expect(at('2052-02-29T06:00:00Z')).toBeLessThan(5 * year);
    expect(at('2052-02-29T06:00:00Z', 'Etc/UTC')).toBeGreaterThan(7 * year);
    expect(at('2052-03-29T06:00:00Z')).toBeGreaterThan(7 * year);
  });
});
