import type { Clock } from '../clock.ts';

interface Waiter<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Pending answers by subject; each is delivered to all waiters. */
export class PendingAnswers<Answer> {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, readonly Waiter<Answer>[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits for an answer.
   *
   * @throws Error when it does not come in time, or {@link failAll} is called.
   */
  async wait(about: string, timeoutMs: number): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const waiter = { resolve, reject };
    this.#waiting.set(about, [...(this.#waiting.get(about) ?? []), waiter]);
    const cancel = this.#clock.after(timeoutMs, () => {
      this.#forget(about, waiter);
      reject(new Error('the server did not answer in time'));
    });
    try {
      return await promise;
    } finally {
      cancel();
    }
  }

  /** Whether there is a waiter. */
  has(about: string): boolean {
    return this.#waiting.has(about);
  }

  /** Number of waiters. */
  get size(): number {
    return [...this.#waiting.values()].flat().length;
  }

  #forget(about: string, waiter: Waiter<Answer>): void {
    const left = (this.#waiting.get(about) ?? []).filter((each) => each !== waiter);
    if (left.length === 0) this.#waiting.delete(about);
    else this.#waiting.set(about, left);
  }

  /** Delivers an answer. @returns whether there was a waiter. */
  answer(about: string, answer: Answer): boolean {
    const waiting = this.#take(about);
    for (const { resolve } of waiting) resolve(answer);
    return waiting.length > 0;
  }

  /** Rejects all pending answers. */
  failAll(reason: string): void {
    for (const about of this.#waiting.keys()) for (const { reject } of this.#take(about)) reject(new Error(reason));
  }

  #take(about: string): readonly Waiter<Answer>[] {
    const waiting = this.#waiting.get(about) ?? [];
    this.#waiting.delete(about);
    return waiting;
  }
}
