import { RE2JS } from 're2js';
import { AllMatches } from './all-matches.ts';
import { UnsupportedRegexError, re2Syntax } from './re2-syntax.ts';
import { type Span, SpanRegExp } from './span-regexp.ts';

/**
 * Maximum number of instructions of an expression with its repetitions expanded. At this size, a text of 4 KB takes a tenth of a second.
 */
const MAX_INSTRUCTIONS = 2_000;

/**
 * A RegExp whose matching time is proportional to the text, for any text and expression: it uses RE2's algorithm instead of backtracking.
 * This also holds for all matches of a text together. It reads whole characters, as with the flag `u`, and `^` and `$` accept no line end
 * but `\n`.
 *
 * @throws SyntaxError for an invalid JavaScript pattern, UnsupportedRegexError and RE2JS's errors for patterns that RE2 does not support.
 */
export class LinearRegExp extends SpanRegExp {
  protected readonly groupNames: readonly (string | undefined)[];
  readonly #re2: RE2JS;
  #all: AllMatches | undefined;

  constructor(pattern: string | RegExp, flags?: string) {
    super(pattern, flags);
    if (this.flags.includes('v')) throw new UnsupportedRegexError('the flag v is not supported');
    const { source, groupNames } = re2Syntax(this.source, this.flags);
    this.groupNames = groupNames;
    this.#re2 = RE2JS.compile(source, (this.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (this.multiline ? RE2JS.MULTILINE : 0));
    const instructions = this.#re2.programSize();
    if (instructions > MAX_INSTRUCTIONS) {
      throw new UnsupportedRegexError(`its repetitions are too large: ${instructions} steps, at most ${MAX_INSTRUCTIONS} are allowed`);
    }
  }

  /** Whether it matches anywhere, without the position: ten times as fast as finding the groups. */
  matches(text: string): boolean {
    return this.#re2.test(text);
  }

  protected override spans(text: string, from: number): readonly (Span | undefined)[] | undefined {
    // Searching from the last match would scan the rest of the text each time; one pass over the text finds all matches.
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
