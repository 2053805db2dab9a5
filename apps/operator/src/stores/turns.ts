/** A part of the concurrent work that is limited. */
export interface Share {
  readonly name: string;
  /** Maximum number of pieces of work that have this share at once. */
  readonly limit: number;
}

interface Waiting {
  readonly shares: readonly Share[];
  readonly begin: () => void;
}

/** Schedules work in order of arrival, except that work whose shares are used up does not hold up the work after it. */
export class Turns {
  readonly #atWork = new Map<string, number>();
  #waiting: Waiting[] = [];

  /** Runs `work` when each of its shares has room. @throws the error of the work, or the signal's reason if it is aborted before. */
  async run<T>(shares: readonly Share[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(shares, signal);
    try {
      return await work();
    } finally {
      this.#count(shares, -1);
      this.#next();
    }
  }

  async #turn(shares: readonly Share[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { shares, begin: resolve };
    const giveUp = () => {
      if (!this.#waiting.includes(waiting)) return;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      reject(signal.reason as Error);
    };
    this.#waiting.push(waiting);
    signal.addEventListener('abort', giveUp);
    this.#next();
    await promise.finally(() => signal.removeEventListener('abort', giveUp));
  }

  #next(): void {
    this.#waiting = this.#waiting.filter(({ shares, begin }) => {
      if (shares.some(({ name, limit }) => (this.#atWork.get(name) ?? 0) >= limit)) return true;
      this.#count(shares, 1);
      begin();
      return false;
    });
  }

  #count(shares: readonly Share[], by: 1 | -1): void {
    for (const { name } of shares) {
      const count = (this.#atWork.get(name) ?? 0) + by;
      if (count === 0) this.#atWork.delete(name);
      else this.#atWork.set(name, count);
    }
  }
}
