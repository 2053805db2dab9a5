import type { Clock } from '../clock.ts';
import type { WorkQueue } from './workqueue.ts';

/** How often to check whether the controller is quiet. */
const CHECK_MS = 250;

/** The controller is quiet if no key waits, and the work on at most so many keys has begun within the last second. */
const MOST_BEGUN_IF_QUIET = 5;
const QUIET_MS = 1_000;

/** Maximum time for which a key is postponed. */
const LONGEST_MS = 60_000;

/** Time of a key that is due: it is not postponed again. */
const DUE = Number.NEGATIVE_INFINITY;

/**
 * Keys whose work waits until the controller has little else to do, or for a minute. By then it may no longer be needed: when many
 * resources are created at once, most have become ready. A few keys that change all the time, or whose work is slow, do not count.
 *
 * @example
 * const mayPostpone = postponed.begin('bots/echo');
 * // … the work on the key
 * if (isPostponed) postponed.postpone('bots/echo');
 * else if (hasFailed) postponed.noteFailure('bots/echo');
 * else postponed.settle('bots/echo');
 */
export class PostponedKeys {
  readonly #queue: Pick<WorkQueue, 'add' | 'depth'>;
  readonly #clock: Pick<Clock, 'elapsedMs' | 'schedule'>;
  /** When each key was postponed for the first time. */
  readonly #since = new Map<string, number>();
  /** When the work on the last keys began, oldest first: one more than may have begun if the controller is quiet. */
  readonly #begunMs: number[] = [];
  #cancelCheck: (() => void) | undefined;

  constructor(queue: Pick<WorkQueue, 'add' | 'depth'>, clock: Pick<Clock, 'elapsedMs' | 'schedule'>) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** Notes that the work on a key begins. @returns whether a part of it may be postponed. */
  begin(key: string): boolean {
    const nowMs = this.#clock.elapsedMs();
    const sinceMs = this.#since.get(key) ?? nowMs;
    if (sinceMs !== DUE && this.#begunMs.push(nowMs) > MOST_BEGUN_IF_QUIET + 1) this.#begunMs.shift();
    return nowMs - sinceMs < LONGEST_MS;
  }

  /** Postpones a part of the work on a key. If it was postponed before, it is due no later because of that. */
  postpone(key: string): void {
    if (!this.#since.has(key)) this.#since.set(key, this.#clock.elapsedMs());
    if (this.#cancelCheck === undefined) this.#checkLater();
  }

  /** Notes that the work on a key has failed. Its postponed part is due at the retry: failures must not postpone it further. */
  noteFailure(key: string): void {
    if (this.#since.has(key)) this.#since.set(key, DUE);
  }

  /** Notes that all work on a key is done. */
  settle(key: string): void {
    this.#since.delete(key);
  }

  /** Forgets all keys. */
  close(): void {
    this.#cancelCheck?.();
    this.#since.clear();
  }

  #checkLater(): void {
    this.#cancelCheck = this.#clock.schedule(CHECK_MS, () => this.#check());
  }

  #check(): void {
    this.#cancelCheck = undefined;
    const nowMs = this.#clock.elapsedMs();
    const isQuiet = this.#queue.depth === 0 && this.#mayBeQuiet(nowMs);
    for (const [key, sinceMs] of this.#since) {
      if (sinceMs !== DUE && (isQuiet || nowMs - sinceMs >= LONGEST_MS)) this.#release(key, isQuiet);
    }
    if ([...this.#since.values()].some((sinceMs) => sinceMs !== DUE)) this.#checkLater();
  }

  #mayBeQuiet(nowMs: number): boolean {
    const [firstMs] = this.#begunMs;
    return firstMs === undefined || this.#begunMs.length <= MOST_BEGUN_IF_QUIET || nowMs - firstMs >= QUIET_MS;
  }

  #release(key: string, isLater: boolean): void {
    this.#since.set(key, DUE);
    this.#queue.add(key, { isLater });
  }
}
