import { describe, expect, it } from 'vitest';
import { expectedIntervalSeconds } from './schedule-interval.ts';

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
  });

  it('is computed once a day for each schedule and time zone', () => {
    // Hourly on the first of each month: at noon, the next runs include those of the next month.
    const at = (time: string, timeZone?: string) => expectedIntervalSeconds({ schedule: '0 * 1 * *', timeZone }, new Date(time));
    expect(at('2026-12-01T00:30:00Z')).toBe(HOUR);
    expect(at('2026-12-01T13:30:00Z')).toBe(HOUR);
    expect(at('2026-12-01T13:30:00Z', 'Europe/London')).toBeGreaterThan(24 * HOUR);
    expect(at('2027-02-01T13:30:00Z')).toBeGreaterThan(24 * HOUR);
  });
});
