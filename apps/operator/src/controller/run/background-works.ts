/** Counts the running background works of each key. */
export class BackgroundWorks {
  readonly #running = new Map<string, number>();

  /** Whether a background work of the key runs. */
  has(key: string): boolean {
    return this.#running.has(key);
  }

  begin(key: string): void {
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  end(key: string): void {
    const others = (this.#running.get(key) ?? 1) - 1;
    if (others === 0) this.#running.delete(key);
    else this.#running.set(key, others);
  }
}
