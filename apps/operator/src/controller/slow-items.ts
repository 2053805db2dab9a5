import type { Clock } from './clock.ts';

/** Requests and reconciles that take longer wait for something that is not the operator's, such as a webhook that does not answer. */
export const SLOW_MS = 1_000;

/** Timers may fire up to a millisecond before the time that the clock shows. */
const SHORTEST_DELAY_MS = 1;

/**
 * Follows things that are under way, and reports each that lasts for a time. It has one timer, however many there are.
 */
export class SlowItems<T> {
  readonly #clock: Pick<Clock, 'elapsedMs' | 'schedule'>;
  readonly #becameSlow: (item: T) => void;
  readonly #afterMs: number;
  /** Items that are not slow yet with the time at which they began, oldest first. */
  readonly #quick = new Map<T, number>();
  #isScheduled = false;

  /**
   * @param becameSlow called once for each item that becomes slow. It may begin and end items, also the same one again.
   * @param afterMs time after which an item is slow.
   */
  constructor(clock: Pick<Clock, 'elapsedMs' | 'schedule'>, becameSlow: (item: T) => void, afterMs = SLOW_MS) {
    this.#clock = clock;
    this.#becameSlow = becameSlow;
    this.#afterMs = afterMs;
  }

  /** Notes that an item has begun. */
  begin(item: T): void {
    this.#quick.set(item, this.#clock.elapsedMs());
    if (!this.#isScheduled) this.#checkAfter(this.#afterMs);
  }

  /** Notes that an item has ended. @returns whether that was before it became slow. */
  end(item: T): boolean {
    return this.#quick.delete(item);
  }

  #checkAfter(delayMs: number): void {
    this.#isScheduled = true;
    this.#clock.schedule(Math.max(delayMs, SHORTEST_DELAY_MS), () => this.#check());
  }

  #check(): void {
    const nowMs = this.#clock.elapsedMs();
    // Not during the iteration, in which items that begin now would appear.
    const slow: T[] = [];
    for (const [item, beganMs] of this.#quick) {
      if (nowMs - beganMs < this.#afterMs) break;
      slow.push(item);
    }
    for (const item of slow) if (this.#quick.delete(item)) this.#becameSlow(item);
    this.#isScheduled = false;
    const [oldestMs] = this.#quick.values();
    if (oldestMs !== undefined) this.#checkAfter(oldestMs + this.#afterMs - this.#clock.elapsedMs());
  }
}
