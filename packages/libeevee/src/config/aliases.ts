import { type Alias, type Document, isAlias, isCollection, isPair, isScalar } from 'yaml';
import { ConfigFileError } from './config-file-error.ts';

/** How many values aliases may add to those that stand in the file. A few lines of aliases of aliases stand for billions. */
const MAX_ALIASED_VALUES = 100_000;

/** Resolving an alias takes time by the number of all others. */
const MAX_ALIASES = 1_000;

/** Counts the values that a document stands for, without making them. */
class ValueCount {
  /** Values that stand in the file themselves. */
  written = 0;
  aliases = 0;
  /** Of each anchor so far; undefined while the walk is inside of it. */
  readonly #anchors = new Map<string, number | undefined>();
  readonly #lineAt: (offset: number) => number;

  constructor(lineAt: (offset: number) => number) {
    this.#lineAt = lineAt;
  }

  /** @throws ConfigFileError at an alias that refers to itself, or to nothing before it. */
  of(node: unknown): number {
    if (isAlias(node)) return this.#ofAlias(node);
    if (isPair(node)) return this.of(node.key) + this.of(node.value);
    if (!isCollection(node) && !isScalar(node)) return 0;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined);
    this.written++;
    const items: readonly unknown[] = isCollection(node) ? node.items : [];
    const values = items.reduce<number>((sum, item) => sum + this.of(item), 1);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, values);
    return values;
  }

  #ofAlias({ source, range }: Alias): number {
    this.aliases++;
    const values = this.#anchors.get(source);
    if (values !== undefined) return values;
    const fault = this.#anchors.has(source) ? 'refers to what it is part of' : 'refers to no anchor before it';
    throw new ConfigFileError(`an alias at line ${this.#lineAt(range?.[0] ?? 0)} ${fault}`);
  }
}

/**
 * Refuses a document whose aliases cannot be resolved, or stand for so many values that the process would not survive them. It
 * takes time by the length of the file, not by what it stands for.
 *
 * @param lineAt gives the line of an offset in the text.
 * @throws ConfigFileError
 */
export function checkAliases({ contents }: Pick<Document, 'contents'>, lineAt: (offset: number) => number): void {
  const count = new ValueCount(lineAt);
  const values = count.of(contents);
  if (count.aliases > MAX_ALIASES) throw new ConfigFileError(`it has more than ${MAX_ALIASES} aliases`);
  if (values - count.written > MAX_ALIASED_VALUES) {
    throw new ConfigFileError(`its aliases stand for more than ${MAX_ALIASED_VALUES} values`);
  }
}
