import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { SLOW_MS } from '../slow-items.ts';

/** Metrics of a queue. */
export interface QueueMetrics {
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
}

/** Delays between attempts for a key that keeps failing. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** 5 ms, doubled with each failure, up to 5 minutes. */
export const DEFAULT_BACKOFF: Backoff = { firstMs: 5, longestMs: 300_000 };

/** For problems that a user or a policy must fix first: 30 seconds, doubled with each failure, up to 30 minutes. */
export const PATIENT_BACKOFF: Backoff = { firstMs: 30_000, longestMs: 1_800_000 };

/** After a slow attempt that failed, its key pauses for this many times the duration. */
const PAUSE_PER_SLOW = 3;

/** One in this many keys is taken from those with less urgency, so that they make progress. */
const TURN_OF_LATER = 16;

/** Consecutive failures of a key, and when it is due again. */
interface Failures {
  readonly count: number;
  readonly dueMs: number;
}

interface Delays {
  readonly atLeastMs?: number | undefined;
  readonly backoff?: Backoff;
  readonly isByChance?: boolean;
}

interface Delayed {
  readonly dueMs: number;
  readonly cancel: () => void;
}

/**
 * Queue of keys to process. Adding a key that is queued has no effect. A key that is being processed is not given to
 * another worker; if it is added during that time, it is queued again afterwards.
 *
 * @see https://pkg.go.dev/k8s.io/client-go/util/workqueue — the same guarantees
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #metrics: QueueMetrics | undefined;
  /** Waiting keys, oldest first, with the time at which they were added. */
  readonly #waiting = new Map<string, number>();
  /** The same for less urgent keys. */
  readonly #later = new Map<string, number>();
  #givenBeforeLater = 0;
  readonly #working = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, Failures>();
  /** Keys that were added while they were processed, with the time of that. */
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

  /** Milliseconds since the work on each key that is being processed began. */
  get workingMs(): readonly number[] {
    const nowMs = this.#clock.elapsedMs();
    return Array.from(this.#working.values(), (startedMs) => nowMs - startedMs);
  }

  /**
   * Adds `key` to the queue, unless it is already waiting.
   *
   * @param given.isLater queue it behind all keys that were added without this.
   */
  add(key: string, { isLater = false }: { readonly isLater?: boolean } = {}): void {
    if (this.#closed) return;
    this.#cancelDelay(key);
    const nowMs = this.#clock.elapsedMs();
    if (this.#working.has(key)) return this.#addAgain(key, nowMs, isLater);
    const waitsSinceMs = this.#waiting.get(key) ?? this.#later.get(key);
    if (waitsSinceMs === undefined) {
      this.#metrics?.added();
      this.#enqueue(key, nowMs, isLater);
    } else if (!isLater && this.#later.delete(key)) this.#enqueue(key, waitsSinceMs, false);
  }

  /** Adds `key` to the queue after `delayMs`; the earliest of several delays counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.add(key);
    const dueMs = this.#clock.elapsedMs() + delayMs;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    pending?.cancel();
    const cancel = this.#clock.schedule(delayMs, () => {
      this.#delayed.delete(key);
      this.#isDue(key, dueMs);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, cancel });
  }

  /**
   * Adds `key` to the queue after a delay that doubles with each consecutive failure, with jitter so that
   * keys that failed together are not retried together. An attempt that a change started before the delay was over does not
   * count, and the key stays due at the same time: otherwise a burst of changes would bring the longest delay. A slow attempt is followed
   * by a longer pause, so that many keys that fail slowly do not occupy all workers.
   *
   * @param given.atLeastMs minimum delay, if the server asked for one.
   * @param given.backoff used instead of the backoff of the queue.
   * @param given.isByChance the next attempt need not be slow, so there is no longer pause.
   * @returns the delay in milliseconds.
   */
  addRateLimited(key: string, { atLeastMs = 0, backoff = this.#backoff, isByChance = false }: Delays = {}): number {
    const nowMs = this.#clock.elapsedMs();
    const before = this.#failures.get(key);
    const leftMs = before === undefined ? 0 : before.dueMs - nowMs;
    const count = (before?.count ?? 0) + (leftMs > 0 ? 0 : 1);
    this.#metrics?.retried();
    const pauseMs = isByChance ? 0 : Math.min(this.#slownessMs(key) * PAUSE_PER_SLOW, backoff.longestMs);
    const fullMs = leftMs > 0 ? leftMs : Math.max(pauseMs, backoffMs(backoff, count)) * (0.5 + this.#random() / 2);
    const delayMs = Math.max(fullMs, atLeastMs);
    this.#failures.set(key, { count, dueMs: nowMs + delayMs });
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** Duration of the work on `key`; 0 if it is not slow. */
  #slownessMs(key: string): number {
    const nowMs = this.#clock.elapsedMs();
    const tookMs = nowMs - (this.#working.get(key) ?? nowMs);
    return tookMs < SLOW_MS ? 0 : tookMs;
  }

  /** Consecutive failures of `key`. */
  failures(key: string): number {
    return this.#failures.get(key)?.count ?? 0;
  }

  /** Notes that the delay of a retry is over: its timer may fire up to a millisecond before the time that the clock shows. */
  #isDue(key: string, dueMs: number): void {
    const failures = this.#failures.get(key);
    if (failures !== undefined && failures.dueMs <= dueMs) this.#failures.set(key, { ...failures, dueMs: this.#clock.elapsedMs() });
  }

  /** Resets the failures of `key` after a success. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Resolves to the next key to process once there is one; to `undefined` once the queue is closed. */
  async take(): Promise<string | undefined> {
    if (this.#closed) return undefined;
    const next = this.#next();
    if (next !== undefined) {
      this.#startWork(next);
      return next;
    }
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Reports that processing of `key` has ended, successfully or not. */
  done(key: string): void {
    const startedMs = this.#working.get(key);
    if (startedMs === undefined) return;
    this.#working.delete(key);
    this.#metrics?.worked((this.#clock.elapsedMs() - startedMs) / 1000);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined && !this.#closed) this.#enqueue(key, again.addedMs, again.isLater);
  }

  /** Stops giving out keys. Running work continues. */
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
  }

  /** Notes a key that was added while it is processed. */
  #addAgain(key: string, nowMs: number, isLater: boolean): void {
    const again = this.#again.get(key);
    if (again === undefined) this.#metrics?.added();
    else if (isLater || !again.isLater) return;
    this.#again.set(key, { addedMs: again?.addedMs ?? nowMs, isLater });
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
  }

  #startWork(key: string): void {
    const nowMs = this.#clock.elapsedMs();
    this.#metrics?.waited((nowMs - (this.#waiting.get(key) ?? this.#later.get(key) ?? nowMs)) / 1000);
    this.#waiting.delete(key);
    this.#later.delete(key);
    this.#working.set(key, nowMs);
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
