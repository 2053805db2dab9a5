import { setBounded } from '../../controller/set-bounded.ts';

/** Maximum number of lists that are remembered. */
const REMEMBERED = 1_000;

/**
 * Order in which the items of a list are attempted: those that were refused before come last. A webhook that does not answer delays each of
 * them for up to 30 seconds. All of hundreds would exceed the time limit of a reconcile, which would then end without a status.
 */
export class RefusedLast {
  /** Names of the items that were refused, by the key of their list. */
  readonly #refused = new Map<string, ReadonlySet<string>>();

  /** The items of a list, in the order in which to attempt them. */
  of<T extends { readonly name: string }>(list: string, items: readonly T[]): readonly T[] {
    const refused = this.#refused.get(list);
    if (refused === undefined) return items;
    return [...items.filter(({ name }) => !refused.has(name)), ...items.filter(({ name }) => refused.has(name))];
  }

  /** Notes whether the attempts for some items were refused. @param current all items of the list; others are forgotten. */
  note(list: string, attempted: ReadonlyMap<string, boolean>, current: readonly { readonly name: string }[]): void {
    const before = this.#refused.get(list) ?? new Set();
    const isRefused = ({ name }: { readonly name: string }): boolean => attempted.get(name) ?? before.has(name);
    const refused = new Set(current.filter(isRefused).map(({ name }) => name));
    if (refused.size === 0) this.#refused.delete(list);
    else setBounded(this.#refused, [list, refused], REMEMBERED);
  }
}
