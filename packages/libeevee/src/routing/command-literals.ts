import type { Pattern } from './pattern.ts';

/**
 * Literal parts of the regular expressions of commands, in which upper and lower case of ASCII are the same. They only rule out texts: whether
 * an expression matches is decided by its engine.
 */
export interface CommandLiterals {
  /** Every match is at the start of the text and begins with one of them. */
  readonly prefixes?: readonly string[];
  /** Every match contains it. */
  readonly inside?: string;
}

/** Longer ones are cut to their end, where commands differ; so there are few lengths to look for. */
const MAX_INSIDE = 16;

/** In lower case, ASCII only: other characters may change their length. */
export const folded = (text: string): string => (/[A-Z]/.test(text) ? text.replaceAll(/[A-Z]+/g, (upper) => upper.toLowerCase()) : text);

/** Blanks that may precede a command. Texts are trimmed before they are matched. */
const LEADING_BLANKS = /^\^\\s[*?]\??/;

/** Escapes that stand for one character of several, or for a position. */
const CLASS_ESCAPES = /^\\[bBdDsSwWtnrfv]$/;

interface Token {
  readonly text: string;
  /** The literal character; `undefined` for anything else. */
  readonly literal: string | undefined;
  readonly quantifier: string;
}

/** One character of an expression with its quantifier, or a whole group. */
class TokenReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  /** @returns `undefined` for something that is not understood. */
  next(): Token | undefined {
    const text = this.#atom();
    if (text === undefined) return undefined;
    const quantifier = this.#take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y) ?? '';
    if (quantifier === '' && this.#pattern[this.#at] === '{') return undefined;
    return { text, literal: literalOf(text), quantifier };
  }

  #take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const [found] = expression.exec(this.#pattern) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #atom(): string | undefined {
    if (this.#pattern[this.#at] === '(') return this.#group();
    const atom = this.#take(/\[(?:\\[^]|[^\\\]])*\]|\\[^]|[^]/y);
    const isKnown = atom !== undefined && (!/^\\\w/.test(atom) || CLASS_ESCAPES.test(atom));
    return isKnown ? atom : undefined;
  }

  #group(): string | undefined {
    const from = this.#at;
    for (let depth = 0; ;) {
      const part = this.#take(/\[(?:\\[^]|[^\\\]])*\]|\\[^]|[^]/y);
      if (part === undefined) return undefined;
      if (part === '(') depth++;
      if (part === ')' && --depth === 0) return this.#pattern.slice(from, this.#at);
    }
  }
}

/** The character that a part of an expression stands for, whatever its case. */
function literalOf(text: string): string | undefined {
  const [, first = '', second = ''] = /^\[([A-Za-z])([A-Za-z])\]$/.exec(text) ?? [];
  if (first !== '') return folded(first) === folded(second) ? folded(first) : undefined;
  if (text.length === 2 && text.startsWith('\\')) return /\w/.test(text.charAt(1)) ? undefined : text.charAt(1);
  return text.length === 1 && !'^$.|[]{}()*+?\\'.includes(text) ? folded(text) : undefined;
}

/** Whether a quantifier allows zero repetitions. */
const isOptional = (quantifier: string): boolean => /^(?:[*?]|\{0)/.test(quantifier);

/** Literal characters that follow each other in every match, and whether the first of them are at the start; `undefined` when not known. */
function literalRuns(sequence: string): { readonly start: string; readonly longest: string } | undefined {
  const tokens = new TokenReader(sequence);
  let start: string | undefined;
  let longest = '';
  let run = '';
  const end = (): void => {
    start ??= run;
    if (run.length > longest.length) longest = run;
    run = '';
  };
  while (!tokens.isAtEnd) {
    const token = tokens.next();
    if (token === undefined || token.text === '|') return undefined;
    const { literal, quantifier } = token;
    if (literal !== undefined && !isOptional(quantifier)) run += literal;
    if (literal === undefined || quantifier !== '') end();
  }
  end();
  return { start: start ?? '', longest };
}

/** The sequences, one of which a match is, for an expression that is anchored at the start; otherwise `undefined`. */
function anchoredSequences(pattern: string): readonly string[] | undefined {
  const anchored = pattern.replace(LEADING_BLANKS, '^');
  if (!anchored.startsWith('^')) return undefined;
  const [, group, rest = ''] = /^\^\((?:\?:|\?<\w+>|(?!\?))([^()[\]\\]*)\)(?![*?{])([^]*)$/.exec(anchored) ?? [];
  if (group === undefined) return [anchored.slice(1)];
  // Checked like the alternatives: an alternative without anchor may be in it.
  return literalRuns(rest) === undefined ? undefined : group.split('|');
}

/**
 * The literal parts of an expression.
 *
 * @param pattern a valid JavaScript pattern without flags.
 * @example
 * commandLiterals(String.raw`^[Ee]cho\s+`); // { prefixes: ['echo'] }
 * commandLiterals(String.raw`\bweather\s+in`); // { inside: 'weather' }
 */
export function commandLiterals(pattern: string): CommandLiterals {
  const runs = anchoredSequences(pattern)?.map(literalRuns);
  const starts = runs?.map((each) => each?.start ?? '') ?? [''];
  if (!starts.includes('')) return { prefixes: [...new Set(starts)] };
  const inside = literalRuns(pattern)?.longest ?? '';
  return inside === '' ? {} : { inside: inside.slice(-MAX_INSIDE) };
}

/** The index of commands is made again whenever one goes or is replaced. */
const known = new WeakMap<Pattern, CommandLiterals>();

/** The literal parts of an expression, determined once. */
export function literalsOf(pattern: Pattern): CommandLiterals {
  const literals = known.get(pattern) ?? commandLiterals(pattern.source);
  known.set(pattern, literals);
  return literals;
}
