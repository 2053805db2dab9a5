/** Number of keys from which those with the count 0 are forgotten. */
const FORGET_FROM = 1_000;

/** Counts by key. */
export class KeyCounts {
  /** Keys stay for a while with the count 0, since a map whose keys come and go is expensive; see `ChurnMap`. */
  #counts = new Map<string, number>();
  #forgetFrom = FORGET_FROM;

  has(key: string): boolean {
    return (this.#counts.get(key) ?? 0) > 0;
  }

  add(key: string): void {
    const count = this.#counts.get(key);
    if (count === undefined && this.#counts.size >= this.#forgetFrom) this.#forget();
    this.#counts.set(key, (count ?? 0) + 1);
  }

  remove(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 0) this.#counts.set(key, count - 1);
  }

  #forget(): void {
    this.#counts = new Map([...this.#counts].filter(([, count]) => count > 0));
    this.#forgetFrom = FORGET_FROM + this.#counts.size;
  }

  clear(): void {
    this.#counts.clear();
  }
}
