import type { RateLimitConfig } from '../chat/rate-limit.ts';

const LEVELS: readonly RateLimitConfig['level'][] = ['user', 'channel', 'global', 'platform', 'instance'];
const INTERVAL = /^\d+[smh]$/;

/**
 * Problems of a rate limit, which may come from a configuration and so be any value.
 *
 * @param where name used in the problems.
 * @example
 * rateLimitProblems('echo', { mode: 'drop', level: 'user', limit: -1, interval: '1m' }); // ['echo: limit must be …']
 */
export function rateLimitProblems(where: string, limit: unknown): string[] {
  if (typeof limit !== 'object' || limit === null) return [`${where}: a rate limit must be a mapping with mode, level, limit and interval`];
  const { mode, level, limit: calls, interval } = limit as Readonly<Record<string, unknown>>;
  return [
    ...(mode === 'drop' || mode === 'enqueue' ? [] : ['mode must be drop or enqueue']),
    ...(LEVELS.some((known) => known === level) ? [] : ['level must be user, channel, global, platform or instance']),
    ...(typeof calls === 'number' && Number.isInteger(calls) && calls >= 0 ? [] : ['limit must be a whole number, 0 for no limit']),
    ...(typeof interval === 'string' && INTERVAL.test(interval)
      ? []
      : ['interval must be a whole number of seconds, minutes or hours, such as 30s, 1m or 1h']),
  ].map((problem) => `${where}: ${problem}`);
}
