/** Limits on concurrent work. */
export interface TurnLimits {
  readonly inAll: number;
  /** Per party: one that does not respond must not occupy the turns of the others. */
  readonly ofParty: number;
}

interface Waiting {
  readonly party: string;
  readonly begin: () => void;
}

/** Schedules work with several parties, such as servers, in order of arrival within the limits. */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #atWork = new Map<string, number>();
  #total = 0;
  #waiting: Waiting[] = [];

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Runs `work` when it is its turn. @throws the error of the work, or the signal's reason if it is aborted before. */
  async run<T>(party: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(party, signal);
    try {
      return await work();
    } finally {
      this.#count(party, -1);
      this.#next();
    }
  }

  async #turn(party: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { party, begin: resolve };
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
    this.#waiting = this.#waiting.filter(({ party, begin }) => {
      if (this.#total >= this.#limits.inAll || (this.#atWork.get(party) ?? 0) >= this.#limits.ofParty) return true;
      this.#count(party, 1);
      begin();
      return false;
    });
  }

  #count(party: string, by: 1 | -1): void {
    this.#total += by;
    const count = (this.#atWork.get(party) ?? 0) + by;
    if (count === 0) this.#atWork.delete(party);
    else this.#atWork.set(party, count);
  }
}
