/**
 * Time during which modules could renew what they announced. It stops while NATS is disconnected and while the process is suspended:
 * afterwards, the announcements of all modules would have expired before one of them could renew.
 */
export class RenewalClock {
  readonly #intervalMs: number;
  readonly #now: () => number;
  #countedMs = 0;
  #sinceMs: number;

  /**
   * @param intervalMs between two requests to renew, in milliseconds.
   * @param now a monotonic clock, in milliseconds.
   */
  constructor(intervalMs: number, now: () => number) {
    this.#intervalMs = intervalMs;
    this.#now = now;
    this.#sinceMs = now();
  }

  get nowMs(): number {
    return this.#countedMs + Math.min(this.#intervalMs, this.#now() - this.#sinceMs);
  }

  /** Called at each interval, and with `false` after a reconnect. @param isConnected whether modules could renew since the last call. */
  tick(isConnected: boolean): void {
    if (isConnected) this.#countedMs = this.nowMs;
    this.#sinceMs = this.#now();
  }
}
