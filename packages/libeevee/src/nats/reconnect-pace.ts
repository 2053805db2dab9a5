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
  readonly #random: () => number;
  #notBefore = 0;
  #lastDial: number;
  #closed = false;
  /** Dials since the connection was last up. */
  attempts = 0;

  constructor({ now, random }: { now: () => number; random: () => number }) {
    this.#now = now;
    this.#random = random;
    this.#lastDial = now();
  }

  /** The connection was just lost. */
  lost(): void {
    this.#notBefore = this.#now() + this.#random() * FIRST_SPREAD_MS;
  }

  /** A dial is about to begin. */
  dialled(): void {
    this.attempts++;
    this.#lastDial = this.#now();
    this.#notBefore = this.#lastDial + retryDelayMs(this.attempts, this.#random());
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
   * after the difference: 0 to dial now.
   */
  delayMs(): number {
    const now = this.#now();
    const remaining = this.#notBefore - now;
    if (this.#closed || remaining <= 0) return 0;
    return now - this.#lastDial + Math.min(SLICE_MS, remaining);
  }
}
