import type { KubeObject } from '../objects/kube-object.ts';

const NONE: readonly string[] = Object.freeze([]);

/** Keys of objects by the values that a function gives for them. */
export class IndexTable {
  readonly #valuesOf: (object: KubeObject) => Iterable<string>;
  readonly #keys = new Map<string, Set<string>>();

  constructor(valuesOf: (object: KubeObject) => Iterable<string>) {
    this.#valuesOf = valuesOf;
  }

  /** `undefined` if no object has the value. */
  keys(value: string): Iterable<string> | undefined {
    return this.#keys.get(value);
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
    if (object === undefined) return NONE;
    const values = this.#valuesOf(object);
    return Array.isArray(values) ? (values as readonly string[]) : [...values];
  }
}
