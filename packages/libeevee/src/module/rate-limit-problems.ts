const INTERVAL = /^\d+\s*(ms|s|m|h|d)$/;

/**
 * What is wrong with a rate limit, which may come from a configuration and so hold anything.
 *
 * @param where names it in the problems.
 * @example
 * rateLimitProblems('echo', { mode: 'drop', level: 'user', limit: 0, interval: '1m' }); // ['echo: limit must be …']
 */
export function rateLimitProblems(where: string, limit: unknown): string[] {
  if (typeof limit !== 'object' || limit === null) return [`${where}: a rate limit is a mapping of mode, level, limit and interval`];
  const { mode, level, limit: calls, interval } = limit as Readonly<Record<string, unknown>>;
  return [
    ...(mode === 'drop' || mode === 'enqueue' ? [] : ['mode must be drop or enqueue']),
    ...(level === 'user' || level === 'channel' || level === 'global' ? [] : ['level must be user, channel or global']),
    ...(typeof calls === 'number' && Number.isInteger(calls) && calls > 0 ? [] : ['limit must be a whole number above 0']),
    ...(typeof interval === 'string' && INTERVAL.test(interval) ? [] : ['interval must be a number and a unit, as 30s, 1m or 1h']),
  ].map((problem) => `${where}: ${problem}`);
}
