import { describe, expect, it } from 'vitest';
import { StoreClock } from './store-clock.ts';

const LOCAL = new Date('2026-11-29T03:00:00Z');
const MINUTE_MS = 60_000;

describe('the clock of a store', () => {
  const minutesLater = (minutes: number): Date => new Date(LOCAL.getTime() + minutes * MINUTE_MS);
  const clockAfter = (...dates: readonly (string | undefined)[]): StoreClock => {
    const clock = new StoreClock();
    for (const date of dates) clock.observe(date, 0);
    return clock;
  };
  const header = (minutes: number): string => minutesLater(minutes).toUTCString();

  it.each([-15, -1, 0, 1, 15])('is that of the machine when they differ by %i minutes', (minutes) => {
    expect(clockAfter(header(minutes)).timeAt(LOCAL, 0)).toBe(LOCAL);
  });

  it.each([-60 * 24 * 365, -16, 16, 60 * 24 * 365])('is that of the responses when they differ by %i minutes', (minutes) => {
    expect(clockAfter(header(minutes)).timeAt(LOCAL, 0)).toEqual(minutesLater(minutes));
  });

  it('does not depend on how the clock of the machine was set after the response', () => {
    const clock = clockAfter(header(0));
    expect(clock.timeAt(minutesLater(600), 5 * MINUTE_MS)).toEqual(minutesLater(5));
    expect(clock.timeAt(minutesLater(-600), 5 * MINUTE_MS)).toEqual(minutesLater(5));
  });

  it('is that of the last response', () => {
    expect(clockAfter(header(60), header(0)).timeAt(LOCAL, 0)).toBe(LOCAL);
    expect(clockAfter(header(0), header(-60)).timeAt(LOCAL, 0)).toEqual(minutesLater(-60));
  });

  it.each([undefined, '', 'yesterday', 'Thu, 01 Jan 1970 00:00:00 GMT'])('does not change because of the date %j', (date) => {
    expect(clockAfter(date).timeAt(LOCAL, 0)).toBe(LOCAL);
    expect(clockAfter(header(60), date).timeAt(LOCAL, 0)).toEqual(minutesLater(60));
  });
});
