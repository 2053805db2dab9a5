import { describe, expect, it } from 'vitest';
import { RateLimiter, intervalMs } from './rate-limiter.ts';

const limit = (mode: 'drop' | 'enqueue') => ({ mode, level: 'user' as const, limit: 2, interval: '10s' });

describe('an interval', () => {
  it.each([
    ['30s', 30_000],
    ['1m', 60_000],
    ['2h', 7_200_000],
  ])('%s is %i ms', (interval, ms) => {
    expect(intervalMs(interval)).toBe(ms);
  });

  it.each(['', '1', 'm', '1 week', '-1s', '250ms', '1d', '2 h'])('is not "%s"', (interval) => {
    expect(() => intervalMs(interval)).toThrow(RangeError);
  });
});

describe('a limit of two in ten seconds', () => {
  it('drops what is over it, and lets the next one through when the first is ten seconds old', () => {
    const limiter = new RateLimiter();
    const due = [0, 4_000, 5_000, 9_999, 10_000, 13_000, 14_000].map((nowMs) => limiter.dueMs('a', limit('drop'), nowMs));
    expect(due).toEqual([0, 4_000, undefined, undefined, 10_000, undefined, 14_000]);
  });

  it('queues what is over it, two in each ten seconds', () => {
    const limiter = new RateLimiter();
    const due = [0, 0, 0, 0, 1_000, 60_000].map((nowMs) => limiter.dueMs('a', limit('enqueue'), nowMs));
    expect(due).toEqual([0, 0, 10_000, 10_000, 20_000, 60_000]);
  });

  it('counts each key by itself', () => {
    const limiter = new RateLimiter();
    for (const key of ['a', 'a', 'b', 'b']) expect(limiter.dueMs(key, limit('drop'), 0)).toBe(0);
    expect(limiter.dueMs('b', limit('drop'), 0)).toBeUndefined();
  });
});

it('a limit of 0 lets everything through', () => {
  const limiter = new RateLimiter();
  for (let call = 0; call < 20; call++) expect(limiter.dueMs('a', { ...limit('drop'), limit: 0 }, 0)).toBe(0);
});
