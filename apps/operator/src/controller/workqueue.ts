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

/** One of so many keys that are given out is one that waits behind the others, so that it has its turn some time. */
const TURN_OF_LATER = 16;

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
  /** The same of those that wait behind the others. */
  readonly #later = new Map<string, number>();
  #givenBeforeLater = 0;
  readonly #working = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  /** Keys added while they were worked on, with the time of that. */
  readonly #again = new Map<string, { readonly addedMs: number; readonly isLater: boolean }>();
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
    return this.#waiting.size + this.#later.size;
  }

  /** Keys that are worked on. */
  get working(): number {
    return this.#working.size;
  }

  /**
   * Puts `key` into the queue, unless it waits there already.
   *
   * @param given.isLater behind all keys that were added without.
   */
  add(key: string, { isLater = false }: { readonly isLater?: boolean } = {}): void {
    if (this.#closed) return;
    this.#cancelDelay(key);
    const nowMs = this.#clock.elapsedMs();
    if (this.#working.has(key)) {
      const again = this.#again.get(key);
      if (again === undefined) this.#metrics?.added();
      if (again === undefined || (again.isLater && !isLater)) this.#again.set(key, { addedMs: again?.addedMs ?? nowMs, isLater });
      return;
    }
    const waitsSinceMs = this.#waiting.get(key) ?? this.#later.get(key);
    if (waitsSinceMs === undefined) {
      this.#metrics?.added();
      this.#enqueue(key, nowMs, isLater);
    } else if (!isLater && this.#later.delete(key)) this.#enqueue(key, waitsSinceMs, false);
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
    const next = this.#next();
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
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined && !this.#closed) this.#enqueue(key, again.addedMs, again.isLater);
  }

  /** Gives out nothing any more. Work that runs goes on. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#later.clear();
    this.#again.clear();
    const takers = this.#takers;
    this.#takers = [];
    for (const taker of takers) taker(undefined);
    this.#metrics?.depth(0);
  }

  #next(): string | undefined {
    const [first] = this.#waiting.keys();
    const [later] = this.#later.keys();
    if (first === undefined || later === undefined) return first ?? later;
    this.#givenBeforeLater = (this.#givenBeforeLater + 1) % TURN_OF_LATER;
    return this.#givenBeforeLater === 0 ? later : first;
  }

  #enqueue(key: string, addedMs: number, isLater: boolean): void {
    (isLater ? this.#later : this.#waiting).set(key, addedMs);
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      this.#startWork(key);
      taker(key);
    }
    this.#metrics?.depth(this.depth);
  }

  #startWork(key: string): void {
    const nowMs = this.#clock.elapsedMs();
    this.#metrics?.waited((nowMs - (this.#waiting.get(key) ?? this.#later.get(key) ?? nowMs)) / 1000);
    this.#waiting.delete(key);
    this.#later.delete(key);
    this.#working.set(key, nowMs);
    this.#metrics?.depth(this.depth);
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
