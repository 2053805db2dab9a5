/** Taken places are given back once so many have been taken, and they are at least half of all. */
const COMPACT_FROM = 64;

/**
 * First in, first out. Adding and taking cost the same whatever its length: `Array.shift` moves all that is left, which with tens of
 * thousands of waiting messages takes seconds.
 *
 * @example
 * const queue = new Queue<string>();
 * queue.add('first');
 * queue.take(); // 'first'
 */
export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  /** The item that {@link take} would give. */
  get first(): Item | undefined {
    return this.#items[this.#first];
  }

  add(item: Item): void {
    this.#items.push(item);
  }

  /** Removes the item that came first. */
  take(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first >= COMPACT_FROM && this.#first * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}
