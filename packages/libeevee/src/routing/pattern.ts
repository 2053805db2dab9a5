import { isCheap, literalPrefixes } from '../regex/backtracking-cost.ts';
import { reasonWithout } from '../regex/compile.ts';
import { LinearRegExp } from '../regex/linear-regexp.ts';
import { UnsupportedRegexError } from '../regex/re2-syntax.ts';
import type { Span } from '../regex/span-regexp.ts';

/** Longer expressions are rejected. */
const MAX_PATTERN_CHARACTERS = 2_000;

/** Scopes that match everything. */
const MATCHES_ALL = new Set(['', '.*', '^.*', '.*$', '^.*$', '^', '$', '(?:)']);

/** Engine of an expression: a direct one, or the one that aborts at a time limit. */
type Engine = { readonly kind: 'direct'; find(text: string): Span | null } | { readonly kind: 'bounded' };

function spanOf(found: RegExpExecArray | null): Span | null {
  return found === null ? null : [found.index, found.index + found[0].length];
}

function engineOf(source: string): Engine {
  const own = new RegExp(source);
  if (isCheap(source)) return { kind: 'direct', find: (text) => spanOf(own.exec(text)) };
  try {
    const linear = new LinearRegExp(source);
    return { kind: 'direct', find: (text) => (linear.matches(text) ? spanOf(linear.exec(text)) : null) };
  } catch (error) {
    if (error instanceof UnsupportedRegexError && error.isBacktracking) return { kind: 'bounded' };
    throw error;
  }
}

/** A regular expression of a module, a connector or a configuration, compiled so that it cannot block the bot. */
export class Pattern {
  readonly source: string;
  readonly engine: Engine;
  /** Reason why it is no longer evaluated. */
  setAside: string | undefined;
  /** Literal prefixes of all matches, so that most texts need no engine. Only `''` if unknown. */
  readonly prefixes: readonly string[];
  // All commands match their scopes against the same few texts. Texts of messages are not remembered: most call one command.
  #lastText: string | undefined;
  #lastMatches = false;

  /** @throws Error, RangeError when the expression is invalid; the message does not quote it, the cause does. */
  constructor(source: string) {
    if (source.length > MAX_PATTERN_CHARACTERS) {
      throw new RangeError(`has ${source.length} characters, at most ${MAX_PATTERN_CHARACTERS} are allowed`);
    }
    this.source = source;
    try {
      this.engine = engineOf(source);
      this.prefixes = literalPrefixes(source);
    } catch (error) {
      throw new Error(reasonWithout(source, error), { cause: error });
    }
  }

  /** Span of the match in `text`; `undefined` when only the bounded engine can evaluate it. */
  find(text: string): Span | null | undefined {
    if (this.setAside !== undefined || !this.prefixes.some((prefix) => text.startsWith(prefix))) return null;
    return this.engine.kind === 'bounded' ? undefined : this.engine.find(text);
  }

  /** Whether `text` matches; `undefined` when only the bounded engine can tell. Remembers the last text. */
  matches(text: string): boolean | undefined {
    if (this.setAside !== undefined) return false;
    if (this.#lastText === text) return this.#lastMatches;
    const found = this.find(text);
    if (found === undefined) return undefined;
    this.#lastText = text;
    this.#lastMatches = found !== null;
    return this.#lastMatches;
  }
}

/** The expressions in use, each compiled once; one that was set aside stays so when it is registered again. */
export class Patterns {
  readonly #patterns = new Map<string, Pattern>();

  /**
   * The expression for `source`, or `undefined` when it matches everything.
   *
   * @param field separates expressions that are matched against different fields.
   * @throws as {@link Pattern}.
   */
  of(field: string, source: string): Pattern | undefined {
    return MATCHES_ALL.has(source) ? undefined : this.exactly(field, source);
  }

  /** Like {@link Patterns.of}, for expressions whose position in the text matters. */
  exactly(field: string, source: string): Pattern {
    const key = `${field}\0${source}`;
    const known = this.#patterns.get(key);
    if (known !== undefined) return known;
    const pattern = new Pattern(source);
    this.#patterns.set(key, pattern);
    return pattern;
  }

  /** Deletes expressions that are no longer in use. */
  keepOnly(used: ReadonlySet<Pattern>): void {
    for (const [key, pattern] of this.#patterns) if (!used.has(pattern)) this.#patterns.delete(key);
  }

  get size(): number {
    return this.#patterns.size;
  }
}
