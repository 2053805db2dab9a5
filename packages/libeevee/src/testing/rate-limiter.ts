import type { RateLimitConfig } from '../chat/rate-limit.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * An interval in milliseconds.
 *
 * @throws RangeError when it is not a whole number of seconds, minutes or hours.
 * @example
 * intervalMs('1m'); // 60000
 */
export function intervalMs(interval: string): number {
  const [, count, unit = ''] = /^(\d+)([smh])$/.exec(interval) ?? [];
  const unitMs = UNIT_MS[unit];
  if (count === undefined || unitMs === undefined) throw new RangeError(`"${interval}" is no interval: use 30s, 1m or 1h`);
  return Number(count) * unitMs;
}

/** Counts calls in a window that slides: never more than the limit in any interval. */
export class RateLimiter {
  /** When the latest calls of each key run, oldest first; as many as the limit. */
  readonly #granted = new Map<string, number[]>();

  /**
   * When a call made at `nowMs` may run: now, later when calls over the limit are queued, or never (`undefined`) when they are dropped.
   *
   * @param key whose calls are counted together.
   */
  dueMs(key: string, { mode, limit, interval }: RateLimitConfig, nowMs: number): number | undefined {
    if (limit === 0) return nowMs;
    const granted = this.#granted.get(key) ?? [];
    const first = granted.length < limit ? undefined : granted[granted.length - limit];
    const dueMs = first === undefined ? nowMs : Math.max(nowMs, first + intervalMs(interval));
    if (mode === 'drop' && dueMs > nowMs) return undefined;
    this.#granted.set(key, [...granted, dueMs].slice(-limit));
    return dueMs;
  }
}
