import { randomUUID } from 'node:crypto';
import type { WorkQueue } from './workqueue.ts';

/** One reconcile of a key. */
export class Attempt {
  readonly key: string;
  readonly queue: WorkQueue;
  #id: string | undefined;

  constructor(key: string, queue: WorkQueue) {
    this.key = key;
    this.queue = queue;
  }

  /** The same in all log lines of the reconcile, including those of its background work. Most reconciles log nothing. */
  get id(): string {
    this.#id ??= randomUUID();
    return this.#id;
  }
}
