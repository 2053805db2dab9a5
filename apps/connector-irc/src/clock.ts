/** Time, so that tests can do without waiting. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Calls `run` once after so many milliseconds.
   *
   * @returns a function that cancels it.
   */
  after(delayMs: number, run: () => void): () => void;
}

/** The time of this machine. */
export const systemClock: Clock = {
  now: Date.now,
  after(delayMs, run) {
    const timer = setTimeout(run, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
