/** Number of entries from which the unused ones are forgotten. */
const FORGET_FROM = 1_000;

/**
 * A map by text whose entries are used again and again: unused ones stay until there are many, since a `Map` whose entries come and go with
 * each message is expensive; see `ChurnMap`.
 *
 * @example
 * const counts = new KeptMap<number>((count) => count > 0);
 * counts.set('#eevee', 1);
 */
export class KeptMap<Value> {
  readonly #isUsed: (value: Value) => boolean;
  #map = new Map<string, Value>();
  #forgetFrom = FORGET_FROM;

  constructor(isUsed: (value: Value) => boolean) {
    this.#isUsed = isUsed;
  }

  get(key: string): Value | undefined {
    return this.#map.get(key);
  }

  set(key: string, value: Value): void {
    if (this.#map.size >= this.#forgetFrom && !this.#map.has(key)) this.#forget();
    this.#map.set(key, value);
  }

  clear(): void {
    this.#map.clear();
  }

  #forget(): void {
    this.#map = new Map([...this.#map].filter(([, value]) => this.#isUsed(value)));
    // Used entries stay: looking at all of them again pays only after as many new ones.
    this.#forgetFrom = FORGET_FROM + this.#map.size;
  }
}
