import { retryDelayMs } from './retry.ts';

/** The longest that a wait can hold a process which has been told to stop. */
const SLICE_MS = 100;

/** After a loss, the first attempt of many modules is spread over this time. */
const FIRST_SPREAD_MS = 200;

/**
 * When to dial a lost NATS server again. The `nats` package asks for a delay before each dial and cannot
 * be woken from it, so longer waits are given out in slices.
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

  /** The connection was lost just now. */
  lost(): void {
    this.#notBefore = this.#now() + this.#random() * FIRST_SPREAD_MS;
  }

  /** A dial begins just now. */
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

  /** Nobody waits for the connection any more. */
  close(): void {
    this.#closed = true;
  }

  /**
   * What to answer the `nats` package, which dials when this many milliseconds have passed since its
   * last dial and asks again after the difference: 0 to dial now.
   */
  delayMs(): number {
    const now = this.#now();
    const remaining = this.#notBefore - now;
    if (this.#closed || remaining <= 0) return 0;
    return now - this.#lastDial + Math.min(SLICE_MS, remaining);
  }
}
