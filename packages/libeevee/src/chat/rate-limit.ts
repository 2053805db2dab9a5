/** Limit on the use of a command; the router enforces it. */
export interface RateLimitConfig {
  /** Whether a call over the limit is dropped or runs later. */
  mode: 'drop' | 'enqueue';
  /** Scope in which calls are counted together. */
  level: 'channel' | 'user' | 'global' | 'platform' | 'instance';
  /** Calls per interval. 0: unlimited. */
  limit: number;
  /** A number of seconds, minutes or hours: `30s`, `1m`, `1h`. The router accepts no other units. */
  interval: string;
}

/** Five calls per minute and user; further calls are dropped. Frozen, because all modules of a process share it. */
export const defaultRateLimit: RateLimitConfig = Object.freeze({ mode: 'drop', level: 'user', limit: 5, interval: '1m' });
