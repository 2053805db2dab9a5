import type { KubeObject } from '../objects/kube-object.ts';

/** Keys of objects by the values that a function gives for them. */
export class IndexTable {
  readonly #valuesOf: (object: KubeObject) => Iterable<string>;
  readonly #keys = new Map<string, Set<string>>();

  constructor(valuesOf: (object: KubeObject) => Iterable<string>) {
    this.#valuesOf = valuesOf;
  }

  keys(value: string): Iterable<string> {
    return this.#keys.get(value) ?? [];
  }

  change(key: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    for (const value of before === undefined ? [] : this.#valuesOf(before)) {
      const keys = this.#keys.get(value);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(value);
    }
    for (const value of after === undefined ? [] : this.#valuesOf(after)) {
      const keys = this.#keys.get(value);
      if (keys === undefined) this.#keys.set(value, new Set([key]));
      else keys.add(key);
    }
  }
}
