/** Time and timers of a controller. */
export interface Clock {
  /** The time of day, for timestamps. It may be set back or forward at any moment. */
  now(): Date;
  /** Milliseconds since an arbitrary moment, for durations. Monotonic. */
  elapsedMs(): number;
  /** Calls back after `delayMs`; returns a function that cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** Maximum step of a timer: a longer delay overflows and fires immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The system clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or immediately when `signal` is aborted. */
export async function pause({ clock, delayMs, signal }: { clock: Clock; delayMs: number; signal: AbortSignal }): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const cancel = clock.schedule(delayMs, wake);
  signal.addEventListener('abort', wake);
  await promise;
  cancel();
  signal.removeEventListener('abort', wake);
}
