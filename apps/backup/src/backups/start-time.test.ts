import { describe, expect, it } from 'vitest';
import { startTime } from './start-time.ts';

const HOUR_MS = 3_600_000;
const STORED_AT = new Date('2026-11-29T12:00:00Z');
const before = (hours: number) => new Date(STORED_AT.getTime() - hours * HOUR_MS);

describe('the start of a backup', () => {
  it.each([-24_000, -1, 0, 1, 25])('is by the clock of the machine, %i hours before it was stored after 2 hours', (hours) => {
    const startedAt = before(hours);
    expect(startTime({ startedAt, storedAt: STORED_AT, durationMs: 2 * HOUR_MS })).toBe(startedAt);
  });

  it.each([27, 1000, 24 * 365 * 50])('is by the clock of the store, %i hours before it was stored after 2 hours', (hours) => {
    expect(startTime({ startedAt: before(hours), storedAt: STORED_AT, durationMs: 2 * HOUR_MS })).toEqual(before(2));
  });

  it('is by the clock of the machine for a backup that took days', () => {
    const startedAt = before(80);
    expect(startTime({ startedAt, storedAt: STORED_AT, durationMs: 80 * HOUR_MS })).toBe(startedAt);
  });

  it.each([undefined, new Date(0)])('is by the clock of the machine when the store states %s', (storedAt) => {
    const startedAt = new Date(0);
    expect(startTime({ startedAt, storedAt, durationMs: 1 })).toBe(startedAt);
  });
});
