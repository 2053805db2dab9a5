/** Keys in groups: only one key of each group is processed at a time. */
export class ExclusiveGroups {
  /** Active groups, each with the keys that arrived since. */
  readonly #waiting = new Map<string, Set<string>>();

  /** Whether work on `key` may begin; if not, {@link leave} returns the key when its group is free. Without a group it always may. */
  enter(group: string | undefined, key: string): boolean {
    if (group === undefined) return true;
    const waiting = this.#waiting.get(group);
    if (waiting === undefined) this.#waiting.set(group, new Set());
    else waiting.add(key);
    return waiting === undefined;
  }

  /** Ends the work on a key of the group. @returns the keys that waited for it. */
  leave(group: string | undefined): Iterable<string> {
    if (group === undefined) return [];
    const waiting = this.#waiting.get(group) ?? [];
    this.#waiting.delete(group);
    return waiting;
  }
}
