/** Span of a group: start inclusive, end exclusive. */
export type Span = readonly [start: number, end: number];

/** Index of the character after the one at `index`. */
export const after = (text: string, index: number): number => index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);

/**
 * A RegExp with its own engine: `test`, `exec`, `match`, `matchAll`, `replace`, `search` and `split` use {@link SpanRegExp.spans}.
 */
export abstract class SpanRegExp extends RegExp {
  /** The name of each capturing group, from 1; `undefined` for those without. */
  protected abstract readonly groupNames: readonly (string | undefined)[];

  /** The leftmost match that begins at `from` or later: the spans of groups that took part; group 0 is the whole match. */
  protected abstract spans(text: string, from: number): readonly (Span | undefined)[] | undefined;

  override exec(string: unknown): RegExpExecArray | null {
    const text = String(string);
    const moves = this.global || this.sticky;
    const from = moves ? this.lastIndex : 0;
    const spans = from > text.length ? undefined : this.spans(text, from);
    const [whole] = spans ?? [];
    // If a match begins at `from`, it is the leftmost one from there.
    if (spans === undefined || whole === undefined || (this.sticky && whole[0] !== from)) {
      if (moves) this.lastIndex = 0;
      return null;
    }
    if (moves) this.lastIndex = whole[1];
    const texts = spans.map((span) => (span === undefined ? undefined : text.slice(...span)));
    const result = Object.assign(texts, { index: whole[0], input: text, groups: this.#named(texts) }) as RegExpExecArray;
    if (this.hasIndices) result.indices = Object.assign([...spans], { groups: this.#named(spans) }) as RegExpIndicesArray;
    return result;
  }

  /** Groups by name; among groups of one name in alternatives, the one that took part. */
  #named<T>(groups: readonly (T | undefined)[]): Record<string, T | undefined> | undefined {
    if (this.groupNames.every((name) => name === undefined)) return undefined;
    const named = Object.create(null) as Record<string, T | undefined>;
    for (const [index, name] of this.groupNames.entries()) {
      if (name !== undefined) named[name] ??= groups[index + 1];
    }
    return named;
  }

  /** RegExp's implementation tries a match at each character, which takes quadratic time. */
  override [Symbol.split](string: string, limit: number = 2 ** 32 - 1): string[] {
    const parts: (string | undefined)[] = [];
    if (string === '') return this.spans('', 0) === undefined && limit > 0 ? [''] : [];
    let partStart = 0;
    for (let from = 0; from < string.length;) {
      const spans = this.spans(string, from);
      const [whole, ...groups] = spans ?? [];
      if (whole === undefined || whole[0] >= string.length) break;
      const [start, end] = whole;
      if (end === partStart) {
        // An empty match at the start of a part would yield an empty part.
        from = after(string, partStart);
        continue;
      }
      parts.push(string.slice(partStart, start), ...groups.map((span) => (span === undefined ? undefined : string.slice(...span))));
      partStart = end;
      from = end === start ? after(string, end) : end;
    }
    parts.push(string.slice(partStart));
    return parts.slice(0, limit >>> 0) as string[];
  }
}
