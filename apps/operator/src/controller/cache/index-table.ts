import type { KubeObject } from '../objects/kube-object.ts';

const NONE: readonly string[] = Object.freeze([]);

/** Keys of objects by the values that a function gives for them. */
export class IndexTable {
  readonly #valuesOf: (object: KubeObject) => Iterable<string>;
  /** Most values belong to one object, whose key is held without a set. */
  readonly #keys = new Map<string, string | Set<string>>();

  constructor(valuesOf: (object: KubeObject) => Iterable<string>) {
    this.#valuesOf = valuesOf;
  }

  /** `undefined` if no object has the value. */
  keys(value: string): string | ReadonlySet<string> | undefined {
    return this.#keys.get(value);
  }

  change(key: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    const [values, newValues] = [this.#valuesFor(before), this.#valuesFor(after)];
    if (values.length === newValues.length && values.every((value, index) => value === newValues[index])) return;
    for (const value of values) this.#remove(value, key);
    for (const value of newValues) this.#add(value, key);
  }

  #add(value: string, key: string): void {
    const keys = this.#keys.get(value);
    if (keys === undefined) this.#keys.set(value, key);
    else if (typeof keys !== 'string') keys.add(key);
    else if (keys !== key) this.#keys.set(value, new Set([keys, key]));
  }

  #remove(value: string, key: string): void {
    const keys = this.#keys.get(value);
    if (keys === undefined || typeof keys === 'string') {
      if (keys === key) this.#keys.delete(value);
      return;
    }
    keys.delete(key);
    if (keys.size === 0) this.#keys.delete(value);
  }

  #valuesFor(object: KubeObject | undefined): readonly string[] {
    if (object === undefined) return NONE;
    const values = this.#valuesOf(object);
    return Array.isArray(values) ? (values as readonly string[]) : [...values];
  }
}
