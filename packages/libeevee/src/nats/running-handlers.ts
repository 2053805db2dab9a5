import type { Msg } from 'nats';
import { pendingOf } from '../promises.ts';

/** Calls handlers of messages, and counts those that have returned a promise and are not done. */
export class RunningHandlers {
  #running = 0;
  #idle: (() => void)[] = [];

  /** No failure of a handler may reach the `nats` package, whose reader would stop for all subscriptions. */
  run(msg: Msg, handle: (msg: Msg) => unknown, failed: (error: unknown) => void): void {
    let pending: Promise<unknown> | undefined;
    try {
      pending = pendingOf(handle(msg));
    } catch (error) {
      failed(error);
      return;
    }
    if (pending === undefined) return;
    this.#running++;
    pending.then(
      () => this.#done(),
      (error: unknown) => {
        failed(error);
        this.#done();
      },
    );
  }

  /** Settles when none is running. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #done(): void {
    if (--this.#running > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
