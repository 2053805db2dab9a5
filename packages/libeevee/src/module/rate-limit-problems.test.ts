import { describe, expect, it } from 'vitest';
import { type RateLimitConfig, defaultRateLimit } from '../chat/rate-limit.ts';
import { rateLimitProblems } from './rate-limit-problems.ts';

const levels: RateLimitConfig['level'][] = ['channel', 'user', 'global', 'platform', 'instance'];

const problemsOf = (over: object): string[] => rateLimitProblems('echo', { ...defaultRateLimit, ...over });

describe('a rate limit', () => {
  it.each(levels)('may count by %s', (level) => {
    expect(problemsOf({ level })).toEqual([]);
  });

  it('of 0 calls means unlimited', () => {
    expect(problemsOf({ limit: 0 })).toEqual([]);
  });

  it.each([-1, 0.5, Number.NaN, Infinity, '5', null])('may not be %j calls', (limit) => {
    expect(problemsOf({ limit })).toEqual(['echo: limit must be a whole number, 0 for no limit']);
  });

  it.each(['30s', '1m', '24h'])('may count in %s', (interval) => {
    expect(problemsOf({ interval })).toEqual([]);
  });

  it.each(['500ms', '1d', '1 m', '1.5m', 'm', '1m ', '', 60, null])(
    'may not count in %j, which the router does not support',
    (interval) => {
      expect(problemsOf({ interval })).toEqual([
        'echo: interval must be a whole number of seconds, minutes or hours, such as 30s, 1m or 1h',
      ]);
    },
  );

  it.each([null, undefined, 5, 'fast'])('is not %j', (limit) => {
    expect(rateLimitProblems('echo', limit)).toEqual(['echo: a rate limit must be a mapping with mode, level, limit and interval']);
  });
});
