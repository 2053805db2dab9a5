import type { Clock } from '../clock.ts';
import type { WorkQueue } from './workqueue.ts';

/** Postponed keys are due when no other key waits, is worked on, or has been begun for this time. */
const QUIET_MS = 250;

/** Maximum time for which a key is postponed. */
const LONGEST_MS = 20_000;

/** Time of a key that is due: it is not postponed again. */
const DUE = Number.NEGATIVE_INFINITY;

/**
 * Keys whose work waits until the controller has nothing else to do, or for 20 seconds. By then it may no longer be needed: when many
 * resources are created at once, most have become ready.
 *
 * @example
 * const mayPostpone = postponed.begin('bots/echo');
 * // … the work on the key
 * if (isPostponed) postponed.postpone('bots/echo');
 * else postponed.settle('bots/echo');
 */
export class PostponedKeys {
  readonly #queue: Pick<WorkQueue, 'add' | 'depth' | 'workingMs'>;
  readonly #clock: Pick<Clock, 'elapsedMs' | 'schedule'>;
  /** When each key was postponed for the first time. */
  readonly #since = new Map<string, number>();
  #workedMs = Number.NEGATIVE_INFINITY;
  #cancelCheck: (() => void) | undefined;

  constructor(queue: Pick<WorkQueue, 'add' | 'depth' | 'workingMs'>, clock: Pick<Clock, 'elapsedMs' | 'schedule'>) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** Notes that the work on a key begins. @returns whether a part of it may be postponed. */
  begin(key: string): boolean {
    const nowMs = this.#clock.elapsedMs();
    const sinceMs = this.#since.get(key) ?? nowMs;
    if (sinceMs !== DUE) this.#workedMs = nowMs;
    return nowMs - sinceMs < LONGEST_MS;
  }

  /** Postpones a part of the work on a key. If it was postponed before, it is due no later because of that. */
  postpone(key: string): void {
    if (!this.#since.has(key)) this.#since.set(key, this.#clock.elapsedMs());
    this.#cancelCheck ??= this.#clock.schedule(QUIET_MS, () => this.#check());
  }

  /** Notes that all work on a key is done, or has failed. */
  settle(key: string): void {
    this.#since.delete(key);
  }

  /** Forgets all keys. */
  close(): void {
    this.#cancelCheck?.();
    this.#since.clear();
  }

  #check(): void {
    this.#cancelCheck = undefined;
    const nowMs = this.#clock.elapsedMs();
    const isIdle = this.#queue.depth === 0 && this.#queue.workingMs.length === 0;
    const isQuiet = isIdle && nowMs - this.#workedMs >= QUIET_MS;
    for (const [key, sinceMs] of this.#since) {
      if (sinceMs === DUE) continue;
      if (isQuiet || nowMs - sinceMs >= LONGEST_MS) this.#release(key, isQuiet);
      else this.#cancelCheck ??= this.#clock.schedule(QUIET_MS, () => this.#check());
    }
  }

  #release(key: string, isLater: boolean): void {
    this.#since.set(key, DUE);
    this.#queue.add(key, { isLater });
  }
}
