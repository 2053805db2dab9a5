/** Messages whose arrival at the server is asked for together. */
interface Batch {
  readonly arrived: Promise<boolean>;
  readonly settle: (arrived: boolean) => void;
  size: number;
}

function newBatch(): Batch {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  return { arrived: promise, settle: resolve, size: 0 };
}

/**
 * Tells for each message published whether the server has it. A round trip (`flush`) proves all that
 * was sent before it, so one is under way at a time and answers for everything since the last: with
 * much traffic the cost per message vanishes.
 */
export class Confirmations {
  #underWay: Batch | undefined;
  #waiting: Batch | undefined;
  readonly #flush: () => Promise<void>;
  readonly #lost: (messages: number) => void;

  /**
   * @param flush a round trip to the server; rejects when the connection breaks
   * @param lost called with the number of messages that are not known to have arrived
   */
  constructor(flush: () => Promise<void>, lost: (messages: number) => void) {
    this.#flush = flush;
    this.#lost = lost;
  }

  /** Call right after a message was given to the connection; `true` once the server has it. */
  ofMessage(): Promise<boolean> {
    if (this.#underWay === undefined) {
      const batch = newBatch();
      batch.size = 1;
      this.#start(batch);
      return batch.arrived;
    }
    this.#waiting ??= newBatch();
    this.#waiting.size++;
    return this.#waiting.arrived;
  }

  /** The connection broke: what is not confirmed by now counts as lost. */
  breakOff(): void {
    const batches = [this.#underWay, this.#waiting];
    this.#underWay = undefined;
    this.#waiting = undefined;
    for (const batch of batches) if (batch !== undefined) this.#settle(batch, false);
  }

  #start(batch: Batch): void {
    this.#underWay = batch;
    this.#flush().then(
      () => this.#finish(batch, true),
      () => this.#finish(batch, false),
    );
  }

  #finish(batch: Batch, arrived: boolean): void {
    if (this.#underWay !== batch) return; // broken off meanwhile: settled already
    this.#underWay = undefined;
    const next = this.#waiting;
    this.#waiting = undefined;
    this.#settle(batch, arrived);
    if (next !== undefined) this.#start(next);
  }

  #settle(batch: Batch, arrived: boolean): void {
    batch.settle(arrived);
    if (!arrived) this.#lost(batch.size);
  }
}
