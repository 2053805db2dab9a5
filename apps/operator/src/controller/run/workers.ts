import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { SLOW_MS, type WorkQueue } from './workqueue.ts';

/** Slow keys that do not count as work of a worker. */
const MOST_SLOW = 32;

/**
 * Takes keys from a queue and works on them, a fixed number at a time, not counting those that take longer than {@link SLOW_MS}: a webhook
 * that does not answer would otherwise occupy all workers, and delay the resources that it does not concern.
 */
export class Workers {
  readonly #queue: Pick<WorkQueue, 'take'>;
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #workOn: (key: string) => Promise<void>;
  #slow = 0;

  /** @param given.workOn never throws. */
  constructor(given: {
    readonly queue: Pick<WorkQueue, 'take'>;
    readonly clock: Pick<Clock, 'schedule'>;
    readonly workOn: (key: string) => Promise<void>;
  }) {
    this.#queue = given.queue;
    this.#clock = given.clock;
    this.#workOn = given.workOn;
  }

  /** Resolves when the queue is closed and the work on all keys has ended. */
  async run(concurrency: number): Promise<void> {
    await Promise.all(Array.from({ length: concurrency }, () => this.#work()));
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      const { successor } = await this.#workOrHandOver(key);
      if (successor !== undefined) return successor;
      // Reconciles that never wait for I/O would otherwise run back to back and starve timers and connections.
      await nextTurn();
    }
  }

  /** Works on a key. If that takes long, another worker takes the place of this one. */
  async #workOrHandOver(key: string): Promise<{ readonly successor: Promise<void> | undefined }> {
    let successor: Promise<void> | undefined;
    const cancel = this.#clock.schedule(SLOW_MS, () => {
      if (this.#slow >= MOST_SLOW) return;
      this.#slow++;
      successor = this.#work();
    });
    await this.#workOn(key);
    cancel();
    if (successor !== undefined) this.#slow--;
    return { successor };
  }
}
