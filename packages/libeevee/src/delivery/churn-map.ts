/** Value of a key that was deleted. */
const GONE = Symbol('gone');

/** Number of deleted keys from which they are dropped, if they are more than the entries. */
const DROP_FROM = 32;

/**
 * A `Map` for entries that come and go. A `Map` replaces its table again and again when entries are deleted, and V8 lets each table refer to
 * the next one, for iterators. Once one of these tables is in the old generation, it keeps all later tables and their entries alive until the
 * next full collection: every collection of the young generation then copies them. Here, a deleted entry stays as an empty one for a while,
 * and a new `Map`, to which nothing refers, takes the place of one with many of them.
 *
 * @example
 * const underWay = new ChurnMap<number, Item>();
 * underWay.set(item.number, item);
 * underWay.delete(item.number);
 * @see https://github.com/v8/v8/blob/main/src/objects/ordered-hash-table.cc `SetNextTable`
 */
export class ChurnMap<Key, Value> {
  #map = new Map<Key, Value | typeof GONE>();
  #gone = 0;

  get size(): number {
    return this.#map.size - this.#gone;
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  get(key: Key): Value | undefined {
    const value = this.#map.get(key);
    return value === GONE ? undefined : value;
  }

  /** Adds an entry after the others, or replaces the value of one. */
  set(key: Key, value: Value & ({} | null)): void {
    if (this.#gone > 0 && this.#map.get(key) === GONE) {
      this.#map.delete(key);
      this.#gone--;
    }
    this.#map.set(key, value);
  }

  /** @returns whether there was one. */
  delete(key: Key): boolean {
    if (!this.has(key)) return false;
    this.#map.set(key, GONE);
    this.#gone++;
    if (this.#gone >= DROP_FROM && this.#gone > this.size) this.#replace();
    return true;
  }

  clear(): void {
    this.#map = new Map();
    this.#gone = 0;
  }

  /** In the order in which they were added. Each entry may be deleted while it is visited; others not. */
  *[Symbol.iterator](): Generator<[Key, Value]> {
    for (const [key, value] of this.#map) if (value !== GONE) yield [key, value];
  }

  *keys(): Generator<Key> {
    for (const [key, value] of this.#map) if (value !== GONE) yield key;
  }

  *values(): Generator<Value> {
    for (const value of this.#map.values()) if (value !== GONE) yield value;
  }

  #replace(): void {
    this.#map = new Map(this);
    this.#gone = 0;
  }
}
