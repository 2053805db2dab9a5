/** Minimum number of remembered messages: at 500 messages a second, those of more than 30 seconds. */
const GENERATION = 20_000;

/** Remembers the latest numbers of one sender, between {@link GENERATION} and twice as many. */
export class RecentNumbers {
  #current = new Set<number>();
  #previous: ReadonlySet<number> = new Set();

  add(number: number): void {
    if (this.#current.size >= GENERATION) {
      this.#previous = this.#current;
      this.#current = new Set();
    }
    this.#current.add(number);
  }

  has(number: number): boolean {
    return this.#current.has(number) || this.#previous.has(number);
  }
}
