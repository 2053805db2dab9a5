import type { Clock } from './types.ts';

/** What a queue tells about itself. */
export interface QueueMetrics {
  added(): void;
  retried(): void;
  depth(keys: number): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
}

/** Delays between the attempts of a key that fails. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** 5 ms, doubled with each failure, up to 5 minutes. */
export const DEFAULT_BACKOFF: Backoff = { firstMs: 5, longestMs: 300_000 };

/** For what a person or a policy has to change first: half a minute, doubled with each failure, up to half an hour. */
export const PATIENT_BACKOFF: Backoff = { firstMs: 30_000, longestMs: 1_800_000 };

interface Delayed {
  readonly dueMs: number;
  readonly cancel: () => void;
}

/**
 * Keys to work on. A key is in it once however often it is added; a key being worked on is given to
 * nobody else, and is given out again afterwards if it was added meanwhile.
 *
 * @see https://pkg.go.dev/k8s.io/client-go/util/workqueue — the same guarantees
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #metrics: QueueMetrics | undefined;
  /** Waiting keys, oldest first, with the time they were added. */
  readonly #waiting = new Map<string, number>();
  readonly #working = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  /** Keys added while they were worked on, with the time of that. */
  readonly #again = new Map<string, number>();
  #takers: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(given: { clock: Clock; random?: () => number; backoff?: Backoff; metrics?: QueueMetrics }) {
    this.#clock = given.clock;
    this.#random = given.random ?? Math.random;
    this.#backoff = given.backoff ?? DEFAULT_BACKOFF;
    this.#metrics = given.metrics;
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** Keys that are worked on. */
  get working(): number {
    return this.#working.size;
  }

  /** Puts `key` into the queue, unless it waits there already. */
  add(key: string): void {
    if (this.#closed) return;
    this.#cancelDelay(key);
    const nowMs = this.#clock.elapsedMs();
    if (this.#working.has(key)) {
      if (!this.#again.has(key)) {
        this.#again.set(key, nowMs);
        this.#metrics?.added();
      }
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#metrics?.added();
    this.#enqueue(key, nowMs);
  }

  /** Puts `key` into the queue after `delayMs`; of several delays the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.add(key);
    const dueMs = this.#clock.elapsedMs() + delayMs;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    pending?.cancel();
    const cancel = this.#clock.schedule(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, cancel });
  }

  /**
   * Puts `key` into the queue after a delay that doubles with each failure in a row, with jitter so that
   * many that failed together do not come back together.
   *
   * @param atLeastMs a longer delay that the server asked for.
   * @param backoff another one than that of the queue.
   * @returns the delay in milliseconds.
   */
  addRateLimited(key: string, atLeastMs = 0, backoff = this.#backoff): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#metrics?.retried();
    const fullMs = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(failures, 40));
    const delayMs = Math.max(fullMs * (0.5 + this.#random() / 2), atLeastMs);
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** Forgets the failures of `key`: it ended well. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key to work on, once there is one; `undefined` once the queue is closed. */
  async take(): Promise<string | undefined> {
    if (this.#closed) return undefined;
    const [next] = this.#waiting.keys();
    if (next !== undefined) {
      this.#startWork(next);
      return next;
    }
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Tells that the work on `key` has ended, however it did. */
  done(key: string): void {
    const startedMs = this.#working.get(key);
    if (startedMs === undefined) return;
    this.#working.delete(key);
    this.#metrics?.worked((this.#clock.elapsedMs() - startedMs) / 1000);
    const addedMs = this.#again.get(key);
    this.#again.delete(key);
    if (addedMs !== undefined && !this.#closed) this.#enqueue(key, addedMs);
  }

  /** Gives out nothing any more. Work that runs goes on. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    const takers = this.#takers;
    this.#takers = [];
    for (const taker of takers) taker(undefined);
    this.#metrics?.depth(0);
  }

  #enqueue(key: string, addedMs: number): void {
    this.#waiting.set(key, addedMs);
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      this.#startWork(key);
      taker(key);
    }
    this.#metrics?.depth(this.#waiting.size);
  }

  #startWork(key: string): void {
    const nowMs = this.#clock.elapsedMs();
    this.#metrics?.waited((nowMs - (this.#waiting.get(key) ?? nowMs)) / 1000);
    this.#waiting.delete(key);
    this.#working.set(key, nowMs);
    this.#metrics?.depth(this.#waiting.size);
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
