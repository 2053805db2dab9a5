/** Captured before a test fakes it: messages must still be sent. */
const nextTurn = setImmediate;

/** Messages that are confirmed together. */
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
 * Reports for each published message whether the server has it. A round trip (`flush`) confirms everything that was sent before it, so
 * only one is in progress at a time and covers all messages since the last: with much traffic, the cost per message is negligible. It
 * begins at the end of this turn of the event loop, so that all messages of the turn are sent together with it, in one write.
 */
export class Confirmations {
  #underWay: Batch | undefined;
  #waiting: Batch | undefined;
  readonly #flush: () => Promise<void>;
  readonly #lost: (messages: number) => void;
  readonly #soon: (callback: () => void) => unknown;

  /**
   * @param flush a round trip to the server; rejects when the connection breaks
   * @param lost called with the number of messages that are not known to have arrived
   * @param soon calls back at the end of this turn of the event loop
   */
  constructor(flush: () => Promise<void>, lost: (messages: number) => void, soon: (callback: () => void) => unknown = nextTurn) {
    this.#flush = flush;
    this.#lost = lost;
    this.#soon = soon;
  }

  /** Call right after a message was passed to the connection; `true` once the server has it. */
  ofMessage(): Promise<boolean> {
    if (this.#waiting === undefined) {
      this.#waiting = newBatch();
      if (this.#underWay === undefined) this.#soon(() => this.#startWaiting());
    }
    this.#waiting.size++;
    return this.#waiting.arrived;
  }

  /** The connection broke: all unconfirmed messages count as lost. */
  breakOff(): void {
    const batches = [this.#underWay, this.#waiting];
    this.#underWay = undefined;
    this.#waiting = undefined;
    for (const batch of batches) if (batch !== undefined) this.#settle(batch, false);
  }

  #startWaiting(): void {
    const batch = this.#waiting;
    // Broken off in the meantime, or already started by a later message.
    if (batch === undefined || this.#underWay !== undefined) return;
    this.#waiting = undefined;
    this.#underWay = batch;
    this.#flush().then(
      () => this.#finish(batch, true),
      () => this.#finish(batch, false),
    );
  }

  #finish(batch: Batch, arrived: boolean): void {
    if (this.#underWay !== batch) return; // broken off in the meantime, so already settled
    this.#underWay = undefined;
    if (this.#waiting !== undefined) this.#soon(() => this.#startWaiting());
    this.#settle(batch, arrived);
  }

  #settle(batch: Batch, arrived: boolean): void {
    batch.settle(arrived);
    if (!arrived) this.#lost(batch.size);
  }
}
