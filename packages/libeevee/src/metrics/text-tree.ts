/** The rest of a tree behind one text. */
interface Branch<Value> {
  readonly branches: Map<string, Branch<Value>>;
  value: Value | undefined;
}

const newBranch = <Value>(): Branch<Value> => ({ branches: new Map<string, Branch<Value>>(), value: undefined });

/**
 * Values by several texts in a given order. A look-up joins nothing to a key, so it allocates nothing.
 *
 * @example
 * const children = new TextTree<Counter.Internal>();
 * children.set(['irc', '#eevee'], counter.labels('irc', '#eevee'));
 * children.get(['irc', '#eevee'])?.inc();
 */
export class TextTree<Value> {
  readonly #root = newBranch<Value>();

  get(texts: readonly string[]): Value | undefined {
    let branch: Branch<Value> | undefined = this.#root;
    for (const text of texts) branch = branch?.branches.get(text);
    return branch?.value;
  }

  set(texts: readonly string[], value: Value): void {
    let branch = this.#root;
    for (const text of texts) {
      const next = branch.branches.get(text) ?? newBranch<Value>();
      branch.branches.set(text, next);
      branch = next;
    }
    branch.value = value;
  }
}
