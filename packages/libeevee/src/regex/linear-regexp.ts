import { RE2JS } from 're2js';
import { AllMatches } from './all-matches.ts';
import { UnsupportedRegexError, re2Syntax } from './re2-syntax.ts';
import { type Span, SpanRegExp } from './span-regexp.ts';

/**
 * Instructions an expression may have when its repetitions are written out. A text of 4 KB takes a tenth
 * of a second at this many.
 */
const MAX_INSTRUCTIONS = 2_000;

/**
 * A RegExp whose matching takes time in proportion to the text, whatever the text and the expression: it
 * is matched by RE2's algorithm instead of by backtracking. This holds for all matches of a text together too.
 * It reads whole characters, as the flag `u` does, and `^` and `$` take no line end but `\n`.
 *
 * @throws SyntaxError for what JavaScript does not take, UnsupportedRegexError and RE2JS's errors for
 * what RE2 does not take.
 */
export class LinearRegExp extends SpanRegExp {
  protected readonly groupNames: readonly (string | undefined)[];
  readonly #re2: RE2JS;
  #all: AllMatches | undefined;

  constructor(pattern: string | RegExp, flags?: string) {
    super(pattern, flags);
    if (this.flags.includes('v')) throw new UnsupportedRegexError('the flag v is not known');
    const { source, groupNames } = re2Syntax(this.source, this.flags);
    this.groupNames = groupNames;
    this.#re2 = RE2JS.compile(source, (this.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (this.multiline ? RE2JS.MULTILINE : 0));
    const instructions = this.#re2.programSize();
    if (instructions > MAX_INSTRUCTIONS) {
      throw new UnsupportedRegexError(`its repetitions are too large: ${instructions} steps, ${MAX_INSTRUCTIONS} at most`);
    }
  }

  /** Whether it matches anywhere, without saying where: ten times as fast as looking for the groups. */
  matches(text: string): boolean {
    return this.#re2.test(text);
  }

  protected override spans(text: string, from: number): readonly (Span | undefined)[] | undefined {
    // Looking on from the last match would look at the rest of the text each time; what is made of the text once says all matches.
    if (from > 0 && AllMatches.fits(this.#re2, text)) {
      if (this.#all?.text !== text) this.#all = new AllMatches(this.#re2, text);
      return this.#all.next(from);
    }
    const matcher = this.#re2.matcher(text);
    if (!matcher.find(from)) return undefined;
    return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => {
      const start = matcher.start(group);
      return start < 0 ? undefined : ([start, matcher.end(group)] as const);
    });
  }
}
