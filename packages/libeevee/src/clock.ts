/** A clock, replaceable so that tests do not have to wait. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Calls `run` once when the clock shows `timeMs`, however far away that is; soon if it is in the past. Does not keep the process alive.
   *
   * @returns a function that cancels it.
   */
  at(timeMs: number, run: () => void): () => void;
}

/** Longest wait for a timer: timers do not notice that the clock was set or the machine slept, and none can wait longer than 24 days. */
const MAX_WAIT_MS = 60_000;

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(timeMs, run) {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      timer = setTimeout(ring, Math.max(0, Math.min(timeMs - Date.now(), MAX_WAIT_MS))).unref();
    };
    const ring = (): void => (Date.now() < timeMs ? wait() : run());
    wait();
    return () => clearTimeout(timer);
  },
};
