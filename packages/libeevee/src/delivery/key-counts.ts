import { KeptMap } from './kept-map.ts';

/** Counts by key. */
export class KeyCounts {
  readonly #counts = new KeptMap<number>((count) => count > 0);

  has(key: string): boolean {
    return this.#of(key) > 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.#of(key) + 1);
  }

  remove(key: string): void {
    const count = this.#of(key);
    if (count > 0) this.#counts.set(key, count - 1);
  }

  clear(): void {
    this.#counts.clear();
  }

  #of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}
