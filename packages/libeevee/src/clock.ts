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
  /**
   * Calls `run` once after `delayMs` milliseconds, at most a day, whatever the clock is set to. Does not keep the process alive.
   *
   * @returns a function that cancels it.
   */
  after(delayMs: number, run: () => void): () => void;
  /**
   * Calls `run` each time the clock was set back. Does not keep the process alive.
   *
   * @returns a function that ends it.
   */
  onSetBack(run: () => void): () => void;
}

/** Longest wait for a timer: timers do not notice that the clock was set or the machine slept, and none can wait longer than 24 days. */
const MAX_WAIT_MS = 60_000;

/** Smaller corrections are not reported: they make a run at most this late. */
const MIN_SET_BACK_MS = 1_000;

/** By how much the clock is ahead of one that nothing sets. */
const aheadMs = (): number => Date.now() - performance.now();

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
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
  onSetBack(run) {
    let beforeMs = aheadMs();
    const timer = setInterval(() => {
      const nowMs = aheadMs();
      const isSetBack = nowMs <= beforeMs - MIN_SET_BACK_MS;
      beforeMs = nowMs;
      if (isSetBack) run();
    }, MAX_WAIT_MS).unref();
    return () => clearInterval(timer);
  },
};
