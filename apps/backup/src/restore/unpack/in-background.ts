/** Runs a limited number of tasks in the background and keeps the first error. */
export class InBackground {
  readonly #limit: number;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** @param limit maximum number of concurrent tasks. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Starts a task as soon as fewer than `limit` are running.
   *
   * @throws the error of an earlier task.
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
   * Waits until all tasks have ended.
   *
   * @throws the first error.
   */
  async settle(): Promise<void> {
    await this.ended();
    this.#throwFailure();
  }

  /** Waits until all tasks have ended, ignoring errors. */
  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
