import type { Clock } from '../clock.ts';

/** Pending answers by subject; each is delivered to all waiters. */
export class PendingAnswers<Answer> {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }[]>();

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
    this.#waiting.set(about, [...(this.#waiting.get(about) ?? []), { resolve, reject }]);
    const cancel = this.#clock.after(timeoutMs, () => reject(new Error('the server did not answer in time')));
    try {
      return await promise;
    } finally {
      cancel();
    }
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

  #take(about: string): readonly { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }[] {
    const waiting = this.#waiting.get(about) ?? [];
    this.#waiting.delete(about);
    return waiting;
  }
}
