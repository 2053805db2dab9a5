import { isCheap, literalPrefixes } from '../regex/backtracking-cost.ts';
import { reasonWithout } from '../regex/compile.ts';
import { LinearRegExp } from '../regex/linear-regexp.ts';
import { UnsupportedRegexError } from '../regex/re2-syntax.ts';
import type { Span } from '../regex/span-regexp.ts';

/** Longer expressions are refused. */
const MAX_PATTERN_CHARACTERS = 2_000;

/** Scopes that match everything. */
const MATCHES_ALL = new Set(['', '.*', '^.*', '.*$', '^.*$', '^', '$', '(?:)']);

/** How an expression is tried: at once, or by the engine that is stopped when it takes too long. */
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
  /** Why it is not tried any more. */
  setAside: string | undefined;
  /** Each match begins with one of them, so that most texts need no engine. Only `''` where nothing is known. */
  readonly prefixes: readonly string[];
  // Scopes are asked about the same few texts by all commands.
  #lastText: string | undefined;
  #lastFound: Span | null = null;

  /** @throws Error, SyntaxError when it cannot be used; the text does not quote the expression. */
  constructor(source: string) {
    if (source.length > MAX_PATTERN_CHARACTERS) {
      throw new RangeError(`has ${source.length} characters, ${MAX_PATTERN_CHARACTERS} at most`);
    }
    this.source = source;
    try {
      this.engine = engineOf(source);
      this.prefixes = literalPrefixes(source);
    } catch (error) {
      throw new Error(reasonWithout(source, error), { cause: error });
    }
  }

  /** Where it matches in `text`; `undefined` when only the bounded engine can say. */
  find(text: string): Span | null | undefined {
    if (this.setAside !== undefined || !this.prefixes.some((prefix) => text.startsWith(prefix))) return null;
    if (this.engine.kind === 'bounded') return undefined;
    if (this.#lastText !== text) {
      this.#lastFound = this.engine.find(text);
      this.#lastText = text;
    }
    return this.#lastFound;
  }
}

/** The expressions that are in use, each compiled once; one that was set aside stays so when it is registered again. */
export class Patterns {
  readonly #patterns = new Map<string, Pattern>();

  /**
   * The expression for `source`, or `undefined` when it lets everything through.
   *
   * @param field keeps apart expressions that are asked about different fields.
   * @throws as {@link Pattern}.
   */
  of(field: string, source: string): Pattern | undefined {
    return MATCHES_ALL.has(source) ? undefined : this.exactly(field, source);
  }

  /** As {@link Patterns.of}, for those whose place in the text counts. */
  exactly(field: string, source: string): Pattern {
    const key = `${field}\0${source}`;
    const known = this.#patterns.get(key);
    if (known !== undefined) return known;
    const pattern = new Pattern(source);
    this.#patterns.set(key, pattern);
    return pattern;
  }

  /** Forgets those that are not in use. */
  keepOnly(used: ReadonlySet<Pattern>): void {
    for (const [key, pattern] of this.#patterns) if (!used.has(pattern)) this.#patterns.delete(key);
  }

  get size(): number {
    return this.#patterns.size;
  }
}
