import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

afterEach(() => vi.restoreAllMocks());

it('measures durations with a clock that is never set, and shows others the time', () => {
  const before = { now: systemClock.now(), wallNow: systemClock.wallNow() };
  for (const byMs of [-3_600_000, 3_600_000]) {
    vi.spyOn(Date, 'now').mockReturnValue(before.wallNow + byMs);
    expect(systemClock.wallNow()).toBe(before.wallNow + byMs);
    expect(systemClock.now() - before.now).toBeLessThan(3_600_000);
    expect(systemClock.now()).toBeGreaterThanOrEqual(before.now);
  }
});
