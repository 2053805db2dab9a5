/** Larger differences do not come from slow responses or usual clocks; AWS rejects requests beyond it. */
const USUAL_SKEW_MS = 15 * 60_000;

/**
 * The clock of a store, from the `Date` of its responses. Ages of objects must be computed with it because the store sets their times: on a
 * machine whose clock is a day ahead, an upload that started a minute ago would count as abandoned.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-date
 */
export class StoreClock {
  #last: { readonly storeMs: number; readonly atMs: number } | undefined;

  /**
   * Reads the `Date` of a response.
   *
   * @param atMs time by the monotonic clock, which does not jump when the machine's clock is set.
   */
  observe(date: string | undefined, atMs: number = performance.now()): void {
    const storeMs = Date.parse(date ?? '');
    // Zero comes from servers without a clock.
    if (storeMs > 0) this.#last = { storeMs, atMs };
  }

  /** The time of the store, if the last response showed that `local`, the time of the machine, is far from it; otherwise `local`. */
  timeAt(local: Date, atMs: number = performance.now()): Date {
    if (this.#last === undefined) return local;
    const storeMs = this.#last.storeMs + (atMs - this.#last.atMs);
    return Math.abs(storeMs - local.getTime()) > USUAL_SKEW_MS ? new Date(storeMs) : local;
  }
}
