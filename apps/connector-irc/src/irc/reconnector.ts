import type { Clock } from '../clock.ts';
import type { ConnectionSettings } from '../config/parse.ts';
import { STABLE_MS, reconnectDelay } from './reconnect-plan.ts';
import type { SessionEnd } from './session-events.ts';

/** Counts attempts to connect, and makes the next one when it is due. */
export class Reconnector {
  readonly #clock: Clock;
  readonly #random: () => number;
  #attempt = 0;
  #cancel: () => void = () => undefined;

  /** @param random from 0 to 1. */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Number of the attempt that is made now. */
  attempts(): number {
    return ++this.#attempt;
  }

  /** Resets the count. */
  reset(): void {
    this.#attempt = 0;
    this.#cancel();
  }

  stop(): void {
    this.#cancel();
  }

  /**
   * Schedules the next attempt after a connection of the given duration.
   *
   * @returns milliseconds until then; undefined: no further attempt.
   */
  schedule(
    end: SessionEnd,
    given: { readonly irc: ConnectionSettings['irc']; readonly lastedMs: number; readonly connect: () => void },
  ): number | undefined {
    const { autoReconnect, autoReconnectWait: waitMs, autoReconnectMaxRetries: maxRetries } = given.irc;
    if (given.lastedMs >= STABLE_MS) this.#attempt = 0;
    const state = { kind: end.kind, attempt: Math.max(1, this.#attempt), waitMs, maxRetries, random: this.#random() };
    const delayMs = autoReconnect ? reconnectDelay(state) : undefined;
    if (delayMs !== undefined) this.#cancel = this.#clock.after(delayMs, given.connect);
    return delayMs;
  }
}
