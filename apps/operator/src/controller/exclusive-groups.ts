/** Keys in groups, of each of which one key at a time is in work. */
export class ExclusiveGroups {
  /** Groups in work, with the keys that came meanwhile. */
  readonly #waiting = new Map<string, Set<string>>();

  /** Whether the work on `key` may begin; if not, {@link leave} gives it back when its group is free. Without a group it always may. */
  enter(group: string | undefined, key: string): boolean {
    if (group === undefined) return true;
    const waiting = this.#waiting.get(group);
    if (waiting === undefined) this.#waiting.set(group, new Set());
    else waiting.add(key);
    return waiting === undefined;
  }

  /** The work on a key of the group has ended. @returns the keys that waited for it. */
  leave(group: string | undefined): Iterable<string> {
    if (group === undefined) return [];
    const waiting = this.#waiting.get(group) ?? [];
    this.#waiting.delete(group);
    return waiting;
  }
}
