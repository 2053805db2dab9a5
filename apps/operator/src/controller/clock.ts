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

/**
 * Clock for tests that moves only when the test advances it.
 *
 * @example
 * const clock = new FakeClock();
 * clock.schedule(1_000, ring);
 * clock.advance(1_000); // rings
 */
export class FakeClock implements Clock {
  #nowMs: number;
  /** How far the time of day was set forward. */
  #setByMs = 0;
  #timers: { readonly dueMs: number; readonly callback: () => void }[] = [];

  constructor(start: Date = new Date('2026-01-01T00:00:00Z')) {
    this.#nowMs = start.getTime();
  }

  now(): Date {
    return new Date(this.#nowMs + this.#setByMs);
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(delayMs, 0), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Advances the time and runs, in order, the callbacks that become due. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > untilMs) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }

  /** Advances the time without running callbacks, as if the process had been suspended. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Sets the time of day forward, or back by a negative number, as NTP or an administrator does. Elapsed time does not change. */
  set(byMs: number): void {
    this.#setByMs += byMs;
  }

  /** Milliseconds until each pending timer, soonest first. */
  pendingMs(): readonly number[] {
    return this.#timers.map(({ dueMs }) => dueMs - this.#nowMs).toSorted((a, b) => a - b);
  }
}
