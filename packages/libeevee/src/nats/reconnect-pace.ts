import { retryDelayMs } from './retry.ts';

/** The longest time for which a wait can delay a process that is stopping. */
const SLICE_MS = 100;

/** Spread of the first attempts of many modules after a loss. */
const FIRST_SPREAD_MS = 200;

/**
 * Schedules the dials to a lost NATS server. The `nats` package asks for a delay before each dial and cannot be woken from it, so longer
 * waits are split into slices.
 */
export class ReconnectPace {
  readonly #now: () => number;
  readonly #wallNow: () => number;
  readonly #random: () => number;
  #notBefore = 0;
  /** On the clock that the package reads. */
  #lastDial: number;
  #closed = false;
  /** Dials since the connection was last up. */
  attempts = 0;

  /**
   * @param given.now a clock that is never set.
   * @param given.wallNow the clock that the package reads, which may be set. Default: `now`.
   */
  constructor({ now, wallNow = now, random }: { now: () => number; wallNow?: () => number; random: () => number }) {
    this.#now = now;
    this.#wallNow = wallNow;
    this.#random = random;
    this.#lastDial = wallNow();
  }

  /** The connection was just lost. */
  lost(): void {
    this.#notBefore = this.#now() + this.#random() * FIRST_SPREAD_MS;
  }

  /** A dial is about to begin. */
  dialled(): void {
    this.attempts++;
    this.#lastDial = this.#wallNow();
    this.#notBefore = this.#now() + retryDelayMs(this.attempts, this.#random());
  }

  /** The connection is up. */
  connected(): void {
    this.attempts = 0;
    this.#notBefore = 0;
  }

  /** The connection is no longer needed. */
  close(): void {
    this.#closed = true;
  }

  /**
   * The delay to return to the `nats` package, which dials when this many milliseconds have passed since its last dial and asks again
   * after the difference: 0 or less to dial now.
   */
  delayMs(): number {
    const remaining = this.#notBefore - this.#now();
    // Negative once the clock was set back: the package would not dial until it shows the time of the last dial again.
    const sinceDial = this.#wallNow() - this.#lastDial;
    if (this.#closed || remaining <= 0) return Math.min(0, sinceDial);
    return Math.max(0, sinceDial) + Math.min(SLICE_MS, remaining);
  }
}
