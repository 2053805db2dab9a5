import { RENEWAL_MS } from '@eeveebot/libeevee/routing';

/**
 * Time during which modules could renew their registrations. It stops while NATS is disconnected and while the process is
 * suspended: afterwards, the registrations of all modules would have expired before one of them could renew.
 */
export class RenewalClock {
  readonly #now: () => number;
  #countedMs = 0;
  #sinceMs: number;

  /** @param now a monotonic clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  get nowMs(): number {
    return this.#countedMs + Math.min(RENEWAL_MS, this.#now() - this.#sinceMs);
  }

  /** Called each {@link RENEWAL_MS}. @param isConnected whether modules could renew since the last call. */
  tick(isConnected: boolean): void {
    if (isConnected) this.#countedMs = this.nowMs;
    this.#sinceMs = this.#now();
  }
}
