/** A clock that tests can replace. */
export interface Clock {
  /** Milliseconds since 1970 when the process started, on a clock that is never set: durations are measured with it. */
  now(): number;
  /** Milliseconds since 1970, for others. */
  wallNow(): number;
  /**
   * Calls `run` once after `delayMs` milliseconds.
   *
   * @returns a function that cancels it.
   */
  after(delayMs: number, run: () => void): () => void;
}

/** The system clock. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wallNow: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
