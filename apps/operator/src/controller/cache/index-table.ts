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
    const [values, newValues] = [this.#valuesFor(before), this.#valuesFor(after)];
    if (values.length === newValues.length && values.every((value, index) => value === newValues[index])) return;
    for (const value of values) {
      const keys = this.#keys.get(value);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(value);
    }
    for (const value of newValues) {
      const keys = this.#keys.get(value);
      if (keys === undefined) this.#keys.set(value, new Set([key]));
      else keys.add(key);
    }
  }

  #valuesFor(object: KubeObject | undefined): readonly string[] {
    return object === undefined ? [] : [...this.#valuesOf(object)];
  }
}
