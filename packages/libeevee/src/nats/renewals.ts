import type { Subscription } from 'nats';
import { retryDelayMs } from './retry.ts';

/** Longest time between two attempts, in milliseconds. */
const LONGEST_DELAY_MS = 30_000;

/** A subscription that its owner has not ended. */
export interface WantedSubscription {
  readonly subject: string;
  /** The latest one; `undefined` before the first. */
  current: Subscription | undefined;
}

/**
 * Subscriptions that the server ended, such as those whose permission was revoked by a reload of its configuration. The `nats` package
 * forgets them. They are made again with increasing delays, and after a reconnect, until the server permits them.
 */
export class Renewals<Wanted extends WantedSubscription> {
  /** Makes one again. Never rejects. @returns whether the server permits it. */
  readonly #renew: (wanted: Wanted) => Promise<boolean>;
  readonly #pending = new Set<Wanted>();
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #isAttempting = false;
  #isStopped = false;

  constructor(renew: (wanted: Wanted) => Promise<boolean>) {
    this.#renew = renew;
  }

  /** Subjects of those that are not permitted now. */
  get subjects(): readonly string[] {
    return [...new Set([...this.#pending].map(({ subject }) => subject))];
  }

  has(wanted: Wanted): boolean {
    return this.#pending.has(wanted);
  }

  add(wanted: Wanted): void {
    if (this.#isStopped) return;
    this.#pending.add(wanted);
    this.#attempts = 0;
    this.#attemptLater();
  }

  /** It is no longer wanted. */
  delete(wanted: Wanted): void {
    this.#pending.delete(wanted);
  }

  /** Makes them again now. */
  async attempt(): Promise<void> {
    if (this.#isAttempting) return;
    this.#isAttempting = true;
    this.#attempts++;
    await Promise.all(
      [...this.#pending].map(async (wanted) => {
        if (await this.#renew(wanted)) this.#pending.delete(wanted);
      }),
    );
    this.#isAttempting = false;
    this.#attemptLater();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#pending.clear();
  }

  #attemptLater(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || this.#pending.size === 0) return;
    const delayMs = retryDelayMs(this.#attempts + 1, Math.random(), LONGEST_DELAY_MS);
    this.#timer = setTimeout(() => void this.attempt(), delayMs).unref();
  }
}
