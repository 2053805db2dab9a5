/** Work that is under way while other things go on: a few pieces at once, and the first error is not lost. */
export class InBackground {
  readonly #limit: number;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** @param limit pieces of work at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Begins a piece of work as soon as there are few enough.
   *
   * @throws the error of an earlier piece.
   */
  async begin(work: () => Promise<void>): Promise<void> {
    while (this.#underWay.size >= this.#limit) await Promise.race(this.#underWay);
    this.#throwFailure();
    const done = work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  /**
   * Waits until all has ended.
   *
   * @throws the first error.
   */
  async settle(): Promise<void> {
    await this.ended();
    this.#throwFailure();
  }

  /** Waits until all has ended, well or not. */
  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
