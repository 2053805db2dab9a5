import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Time that events of watches may take in one turn of the event loop. The rest waits for the next turn, so that timers and other
 * connections are served.
 */
const SLICE_MS = 4;

/** Divides work into slices: all work together takes about {@link SLICE_MS} in each turn of the event loop. */
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
