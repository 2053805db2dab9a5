/** Number of taken slots from which they are freed, if they are at least half of all. */
const COMPACT_FROM = 64;

/**
 * First in, first out. Adding and taking cost the same at any length: `Array.shift` moves all remaining items, which takes seconds with
 * tens of thousands of waiting messages.
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

  add(item: Item): void {
    this.#items.push(item);
  }

  /** Removes and returns the oldest item. */
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
