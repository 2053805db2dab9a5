/** A clock that tests can replace. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Calls `run` once after `delayMs` milliseconds.
   *
   * @returns a function that cancels it.
   */
  after(delayMs: number, run: () => void): () => void;
}

/** The system clock. */
export const systemClock: Clock = {
  now: Date.now,
  after(delayMs, run) {
    const timer = setTimeout(run, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
