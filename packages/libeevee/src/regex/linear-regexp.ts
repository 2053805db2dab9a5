import { RE2JS } from 're2js';
import { UnsupportedRegexError, re2Syntax } from './re2-syntax.ts';

/**
 * Instructions an expression may have when its repetitions are written out. A text of 4 KB takes a tenth
 * of a second at this many.
 */
const MAX_INSTRUCTIONS = 2_000;

type Span = readonly [start: number, end: number];

/** Where the character after the one at `index` begins. */
const after = (text: string, index: number): number => index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);

/**
 * A RegExp whose matching takes time in proportion to the text, whatever the text and the expression: it
 * is matched by RE2's algorithm instead of by backtracking. It reads whole characters, as the flag `u`
 * does, and `^` and `$` take no line end but `\n`.
 *
 * @throws SyntaxError for what JavaScript does not take, UnsupportedRegexError and RE2JS's errors for
 * what RE2 does not take.
 */
export class LinearRegExp extends RegExp {
  readonly #re2: RE2JS;
  readonly #groupNames: readonly (string | undefined)[];

  constructor(pattern: string | RegExp, flags?: string) {
    super(pattern, flags);
    if (this.flags.includes('v')) throw new UnsupportedRegexError('the flag v is not known');
    const { source, groupNames } = re2Syntax(this.source, this.flags);
    this.#groupNames = groupNames;
    this.#re2 = RE2JS.compile(source, (this.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (this.multiline ? RE2JS.MULTILINE : 0));
    const instructions = this.#re2.programSize();
    if (instructions > MAX_INSTRUCTIONS) {
      throw new UnsupportedRegexError(`its repetitions are too large: ${instructions} steps, ${MAX_INSTRUCTIONS} at most`);
    }
  }

  /** Groups that took part, from 0, the whole match. */
  #spans(text: string, from: number): (Span | undefined)[] | undefined {
    const matcher = this.#re2.matcher(text);
    if (!matcher.find(from)) return undefined;
    return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => {
      const start = matcher.start(group);
      return start < 0 ? undefined : ([start, matcher.end(group)] as const);
    });
  }

  override exec(string: unknown): RegExpExecArray | null {
    const text = String(string);
    const moves = this.global || this.sticky;
    const from = moves ? this.lastIndex : 0;
    const spans = from > text.length ? undefined : this.#spans(text, from);
    const [whole] = spans ?? [];
    // The leftmost match from here on is one that begins here, if there is one.
    if (spans === undefined || whole === undefined || (this.sticky && whole[0] !== from)) {
      if (moves) this.lastIndex = 0;
      return null;
    }
    if (moves) this.lastIndex = whole[1];
    const said = spans.map((span) => (span === undefined ? undefined : text.slice(...span)));
    const result = Object.assign(said, { index: whole[0], input: text, groups: this.#named(said) }) as RegExpExecArray;
    if (this.hasIndices) result.indices = Object.assign(spans, { groups: this.#named(spans) }) as RegExpIndicesArray;
    return result;
  }

  /** Of groups that share a name in alternatives, the one that took part. */
  #named<T>(groups: readonly (T | undefined)[]): Record<string, T | undefined> | undefined {
    if (this.#groupNames.every((name) => name === undefined)) return undefined;
    const named = Object.create(null) as Record<string, T | undefined>;
    for (const [index, name] of this.#groupNames.entries()) {
      if (name !== undefined) named[name] ??= groups[index + 1];
    }
    return named;
  }

  /** RegExp's own way, which asks anew at each character, takes time in proportion to the square of the text. */
  override [Symbol.split](string: string, limit: number = 2 ** 32 - 1): string[] {
    const parts: (string | undefined)[] = [];
    if (string === '') return this.#spans('', 0) === undefined && limit > 0 ? [''] : [];
    let partStart = 0;
    for (let from = 0; from < string.length;) {
      const spans = this.#spans(string, from);
      const [whole, ...groups] = spans ?? [];
      if (whole === undefined || whole[0] >= string.length) break;
      const [start, end] = whole;
      if (end === partStart) {
        // Nothing, where the part begins: it would give an empty part.
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
