import { type Alias, type Document, isAlias, isCollection, isPair, isScalar } from 'yaml';
import { ConfigFileError } from './config-file-error.ts';

/** Maximum number of values that aliases may add to those written in the file. A few lines of nested aliases can expand to billions. */
const MAX_ALIASED_VALUES = 100_000;

/** The time to resolve one alias grows with the number of all others. */
const MAX_ALIASES = 1_000;

/** Counts the values that a document expands to, without expanding it. */
class ValueCount {
  /** Values written in the file itself. */
  written = 0;
  aliases = 0;
  /** Number of values of each anchor so far; undefined during the walk inside it. */
  readonly #anchors = new Map<string, number | undefined>();
  readonly #placeAt: (offset: number) => string;

  constructor(placeAt: (offset: number) => string) {
    this.#placeAt = placeAt;
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
    const fault = this.#anchors.has(source)
      ? 'refers to a value that contains it; to fix it, remove the alias'
      : 'does not refer to an anchor before it; to fix it, put a value that starts with * in quotes, or define the anchor';
    throw new ConfigFileError(`an alias at ${this.#placeAt(range?.[0] ?? 0)} ${fault}`);
  }
}

/**
 * Rejects a document whose aliases cannot be resolved, or expand to so many values that the process would run out of memory. The time
 * depends on the length of the file, not on the size of the expansion.
 *
 * @param placeAt describes the place of an offset in the text.
 * @throws ConfigFileError
 */
export function checkAliases({ contents }: Pick<Document, 'contents'>, placeAt: (offset: number) => string): void {
  const count = new ValueCount(placeAt);
  const values = count.of(contents);
  if (count.aliases > MAX_ALIASES) throw new ConfigFileError(`it has more than ${MAX_ALIASES} aliases`);
  if (values - count.written > MAX_ALIASED_VALUES) {
    throw new ConfigFileError(`its aliases expand to more than ${MAX_ALIASED_VALUES} values`);
  }
}
