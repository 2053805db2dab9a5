/** How often a command may be used; the router enforces it. */
export interface RateLimitConfig {
  /** What happens to a call over the limit: forgotten, or run later. */
  mode: 'drop' | 'enqueue';
  /** Whose calls are counted together. */
  level: 'channel' | 'user' | 'global' | 'platform' | 'instance';
  /** Calls per interval. 0: as many as there are. */
  limit: number;
  /** A number of seconds, minutes or hours: `30s`, `1m`, `1h`. The router knows no others. */
  interval: string;
}

/** Five calls a minute for each user; what is over is dropped. Frozen: all modules of a process share it. */
export const defaultRateLimit: RateLimitConfig = Object.freeze({ mode: 'drop', level: 'user', limit: 5, interval: '1m' });
