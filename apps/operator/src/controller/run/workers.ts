import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { SlowItems } from '../slow-items.ts';
import type { WorkQueue } from './workqueue.ts';

/** Slow keys that do not count as work of a worker. They take memory, and no connection while they wait for one. */
const MOST_SLOW = 128;

/** The same while requests of quick keys wait for each other, which makes all keys slow. */
const MOST_SLOW_IF_BUSY = 16;

/** Work on one key. */
interface Work {
  readonly key: string;
}

/**
 * Takes keys from a queue and works on them, a fixed number at a time, not counting slow ones: a webhook that does not answer would
 * otherwise occupy all workers, and delay the resources that it does not concern. When a key is slow, another worker takes the place of
 * its worker, which ends with that key.
 */
export class Workers {
  readonly #queue: Pick<WorkQueue, 'take'>;
  readonly #workOn: (key: string) => Promise<void>;
  readonly #isBusy: () => boolean;
  readonly #underWay: SlowItems<Work>;
  /** Slow work whose place another worker has taken. */
  readonly #replaced = new Set<Work>();
  /** Slow work that still occupies a place, because too much is slow, oldest first. */
  readonly #blocking = new Set<Work>();
  readonly #allEnded = Promise.withResolvers<void>();
  #workers = 0;

  /**
   * @param given.workOn never throws.
   * @param given.isBusy whether keys are slow because of each other: then there are only a few more workers.
   */
  constructor(given: {
    readonly queue: Pick<WorkQueue, 'take'>;
    readonly clock: Pick<Clock, 'elapsedMs' | 'schedule'>;
    readonly workOn: (key: string) => Promise<void>;
    readonly isBusy: () => boolean;
  }) {
    this.#queue = given.queue;
    this.#workOn = given.workOn;
    this.#isBusy = given.isBusy;
    this.#underWay = new SlowItems(given.clock, (work) => this.#becameSlow(work));
  }

  /** Resolves when the queue is closed and the work on all keys has ended. Can be called once. */
  async run(concurrency: number): Promise<void> {
    for (let worker = 0; worker < concurrency; worker++) this.#startWorker();
    await this.#allEnded.promise;
  }

  #startWorker(): void {
    this.#workers++;
    void this.#takeKeys().then(() => {
      this.#workers--;
      if (this.#workers === 0) this.#allEnded.resolve();
    }, this.#allEnded.reject);
  }

  async #takeKeys(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      const work = { key };
      this.#underWay.begin(work);
      await this.#workOn(key);
      if (!this.#underWay.end(work) && !this.#keepsPlace(work)) return;
      // Reconciles that never wait for I/O would otherwise run back to back and starve timers and connections.
      await nextTurn();
    }
  }

  #becameSlow(work: Work): void {
    if (this.#replaced.size >= MOST_SLOW_IF_BUSY && this.#isBusy()) {
      // Checked again after the same time.
      this.#underWay.begin(work);
      return;
    }
    if (this.#replaced.size >= MOST_SLOW) {
      this.#blocking.add(work);
      return;
    }
    this.#replaced.add(work);
    this.#startWorker();
  }

  /** Whether the worker of slow work that has ended may take another key. */
  #keepsPlace(ended: Work): boolean {
    if (this.#blocking.delete(ended)) return true;
    this.#replaced.delete(ended);
    const [longest] = this.#blocking;
    if (longest === undefined) return false;
    // It takes the place of the work that has been slow for the longest time.
    this.#blocking.delete(longest);
    this.#replaced.add(longest);
    return true;
  }
}
