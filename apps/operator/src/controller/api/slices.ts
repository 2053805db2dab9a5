import { setImmediate as nextTurn } from 'node:timers/promises';

/** Time in one turn of the event loop after which events of watches wait for the next, so that timers and other connections get theirs. */
const SLICE_MS = 4;

/** Divides work into slices: all of it together takes about {@link SLICE_MS} in each turn of the event loop. */
export class Slices {
  readonly #nowMs: () => number;
  #startedMs: number | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Whether the work must continue in another turn. */
  get isOver(): boolean {
    if (this.#startedMs !== undefined) return this.#nowMs() - this.#startedMs >= SLICE_MS;
    this.#startedMs = this.#nowMs();
    setImmediate(() => (this.#startedMs = undefined));
    return false;
  }

  /** Resolves in the next turn if this slice is over. */
  async next(): Promise<void> {
    while (this.isOver) await nextTurn();
  }
}
