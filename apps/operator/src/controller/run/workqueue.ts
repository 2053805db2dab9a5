import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';

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

/** An attempt that takes this long waits for something. Without that, one takes a tenth of it. */
const SLOW_ATTEMPT_MS = 250;

/** After a slow attempt that failed, its key pauses for this many times the duration. */
const PAUSE_PER_SLOW = 3;

/**
 * Among this many keys that are taken, one is of each lesser urgency, so that these make progress; and one is the newest, so that a change
 * that is made while many keys wait is not delayed by all of them.
 */
const ROUND = 16;
const TURN_OF = { later: 0, newest: 8, slow: 12 } as const;

/** The order in which keys are taken: those for which it was requested come later, and last those whose attempt failed slowly. */
const URGENCIES = ['now', 'later', 'slow'] as const;
type Urgency = (typeof URGENCIES)[number];

const isMoreUrgent = (a: Urgency, b: Urgency): boolean => URGENCIES.indexOf(a) < URGENCIES.indexOf(b);

/** How many of the newest keys are known as such. */
const NEWEST = 16;

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
  /** Waiting keys of each urgency, oldest first, with the time at which they were added. */
  readonly #waiting: Record<Urgency, Map<string, number>> = { now: new Map(), later: new Map(), slow: new Map() };
  /** The newest urgent keys, and some that no longer wait, newest last. */
  readonly #newest: string[] = [];
  /** Number of keys that were taken from waiting ones in this round. */
  #turn = 0;
  readonly #working = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, Failures>();
  /** Keys that were added while they were processed, with the time of that. */
  readonly #again = new Map<string, { readonly addedMs: number; readonly urgency: Urgency }>();
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
    return URGENCIES.reduce((sum, urgency) => sum + this.#waiting[urgency].size, 0);
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
    this.#add(key, isLater ? 'later' : 'now');
  }

  /** Adds `key` to the queue after `delayMs`; the earliest of several delays counts. */
  addAfter(key: string, delayMs: number): void {
    this.#addAfter(key, delayMs, 'now');
  }

  /**
   * Adds `key` to the queue after a delay that doubles with each consecutive failure, with jitter so that
   * keys that failed together are not retried together. An attempt that a change started before the delay was over does not
   * count, and the key stays due at the same time: otherwise a burst of changes would bring the longest delay. A slow attempt is followed
   * by a longer pause, and its key is the least urgent, so that many keys that fail slowly do not occupy all workers.
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
    const slownessMs = this.#slownessMs(key, isByChance);
    const pauseMs = Math.min(slownessMs * PAUSE_PER_SLOW, backoff.longestMs);
    const fullMs = leftMs > 0 ? leftMs : Math.max(pauseMs, backoffMs(backoff, count)) * (0.5 + this.#random() / 2);
    const delayMs = Math.max(fullMs, atLeastMs);
    this.#failures.set(key, { count, dueMs: nowMs + delayMs });
    this.#addAfter(key, delayMs, slownessMs > 0 ? 'slow' : 'now');
    return delayMs;
  }

  /** Duration of the work on `key`; 0 if it is not slow, or only by chance. */
  #slownessMs(key: string, isByChance: boolean): number {
    const nowMs = this.#clock.elapsedMs();
    const tookMs = nowMs - (this.#working.get(key) ?? nowMs);
    return isByChance || tookMs < SLOW_ATTEMPT_MS ? 0 : tookMs;
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
    if (again !== undefined && !this.#closed) this.#enqueue(key, again.addedMs, again.urgency);
  }

  /** Stops giving out keys. Running work continues. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    for (const urgency of URGENCIES) this.#waiting[urgency].clear();
    this.#again.clear();
    const takers = this.#takers;
    this.#takers = [];
    for (const taker of takers) taker(undefined);
  }

  #add(key: string, urgency: Urgency): void {
    if (this.#closed) return;
    this.#cancelDelay(key);
    const nowMs = this.#clock.elapsedMs();
    if (this.#working.has(key)) return this.#addAgain(key, nowMs, urgency);
    const present = this.#urgencyOf(key);
    if (present === undefined) {
      this.#metrics?.added();
      this.#enqueue(key, nowMs, urgency);
    } else if (isMoreUrgent(urgency, present)) this.#enqueue(key, this.#leave(key, present) ?? nowMs, urgency);
  }

  #addAfter(key: string, delayMs: number, urgency: Urgency): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.#add(key, urgency);
    const dueMs = this.#clock.elapsedMs() + delayMs;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    pending?.cancel();
    const cancel = this.#clock.schedule(delayMs, () => {
      this.#delayed.delete(key);
      this.#isDue(key, dueMs);
      this.#add(key, urgency);
    });
    this.#delayed.set(key, { dueMs, cancel });
  }

  /** Notes a key that was added while it is processed. */
  #addAgain(key: string, nowMs: number, urgency: Urgency): void {
    const again = this.#again.get(key);
    if (again === undefined) this.#metrics?.added();
    else if (!isMoreUrgent(urgency, again.urgency)) return;
    this.#again.set(key, { addedMs: again?.addedMs ?? nowMs, urgency });
  }

  /** Urgency of a waiting key. */
  #urgencyOf(key: string): Urgency | undefined {
    return URGENCIES.find((urgency) => this.#waiting[urgency].has(key));
  }

  /** @returns when the key was added. */
  #leave(key: string, urgency: Urgency): number | undefined {
    const addedMs = this.#waiting[urgency].get(key);
    this.#waiting[urgency].delete(key);
    return addedMs;
  }

  #next(): string | undefined {
    const [first] = this.#waiting.now.keys();
    const [later] = this.#waiting.later.keys();
    const [slow] = this.#waiting.slow.keys();
    this.#turn = (this.#turn + 1) % ROUND;
    return this.#outOfTurn({ later, slow }) ?? first ?? later ?? slow;
  }

  /** A key that is taken although others precede it. */
  #outOfTurn({ later, slow }: { readonly later: string | undefined; readonly slow: string | undefined }): string | undefined {
    if (this.#turn === TURN_OF.later) return later;
    if (this.#turn === TURN_OF.slow) return slow;
    return this.#turn === TURN_OF.newest ? this.#newest.findLast((key) => this.#waiting.now.has(key)) : undefined;
  }

  #enqueue(key: string, addedMs: number, urgency: Urgency): void {
    this.#waiting[urgency].set(key, addedMs);
    if (urgency === 'now' && this.#newest.push(key) > NEWEST) this.#newest.shift();
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      this.#startWork(key);
      taker(key);
    }
  }

  #startWork(key: string): void {
    const nowMs = this.#clock.elapsedMs();
    const urgency = this.#urgencyOf(key);
    const addedMs = urgency === undefined ? undefined : this.#leave(key, urgency);
    this.#metrics?.waited((nowMs - (addedMs ?? nowMs)) / 1000);
    this.#working.set(key, nowMs);
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
