/** The cost of an expression for V8's backtracking engine. */
export interface BacktrackingCost {
  /** Paths that may have to be tried at one position of a text, not counting those of {@link BacktrackingCost.unbounded}. */
  readonly paths: number;
  /** Repetitions without an upper bound: each multiplies the paths by the length of the text. */
  readonly unbounded: number;
  /** Characters that one path reads, not counting those of unbounded repetitions. */
  readonly length: number;
}

const NOTHING: BacktrackingCost = { paths: 1, unbounded: 0, length: 0 };
const ONE: BacktrackingCost = { paths: 1, unbounded: 0, length: 1 };
const BEYOND: BacktrackingCost = { paths: Infinity, unbounded: Infinity, length: Infinity };

const both = (a: BacktrackingCost, b: BacktrackingCost): BacktrackingCost => ({
  paths: a.paths * b.paths,
  unbounded: a.unbounded + b.unbounded,
  length: a.length + b.length,
});

const either = (a: BacktrackingCost, b: BacktrackingCost): BacktrackingCost => ({
  paths: a.paths + b.paths,
  unbounded: a.unbounded + b.unbounded,
  length: a.length + b.length,
});

function repeated(inner: BacktrackingCost, min: number, max: number): BacktrackingCost {
  const isFixed = inner.paths === 1 && inner.unbounded === 0;
  if (max === Infinity) return isFixed ? { paths: 1, unbounded: 1, length: inner.length * (min + 1) } : BEYOND;
  if (isFixed) return { paths: max - min + 1, unbounded: 0, length: inner.length * max };
  return max <= 1 ? { ...inner, paths: inner.paths + 1 - min } : BEYOND;
}

/** Parses a valid JavaScript pattern. */
class CostReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  #take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#pattern);
    if (found === null) return undefined;
    this.#at = expression.lastIndex;
    return found;
  }

  /** Parses up to the end, or the end of the group. */
  alternatives(): BacktrackingCost {
    let cost = this.#sequence();
    while (this.#take(/\|/y) !== undefined) cost = either(cost, this.#sequence());
    return cost;
  }

  #sequence(): BacktrackingCost {
    let cost = NOTHING;
    while (this.#at < this.#pattern.length && !/[|)]/.test(this.#pattern[this.#at] ?? '')) cost = both(cost, this.#term());
    return cost;
  }

  #term(): BacktrackingCost {
    const atom = this.#atom();
    const quantifier = this.#take(/(?:([*+?])|\{(\d+)(,(\d*))?\})\??/y);
    if (quantifier === undefined) return atom;
    const [, sign, min = '0', isRange, max = ''] = quantifier;
    if (sign !== undefined) return repeated(atom, sign === '+' ? 1 : 0, sign === '?' ? 1 : Infinity);
    if (isRange === undefined) return repeated(atom, Number(min), Number(min));
    return repeated(atom, Number(min), max === '' ? Infinity : Number(max));
  }

  #atom(): BacktrackingCost {
    if (this.#take(/\(/y) !== undefined) {
      // The name of a group, or the kind of a look-around.
      this.#take(/\?(?:<?[=!]|<[^>]*>|[^:)]*:)/y);
      const inner = this.alternatives();
      this.#take(/\)/y);
      return inner;
    }
    if (this.#take(/\[(?:\\[^]|[^\\\]])*\]/y) !== undefined) return ONE;
    if (this.#take(/\\[1-9]|\\k</y) !== undefined) return BEYOND;
    if (this.#take(/\\(?:u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|[^])/y) !== undefined) return ONE;
    if (this.#take(/[$^]/y) !== undefined) return NOTHING;
    this.#at++;
    return ONE;
  }
}

/**
 * The highest cost of an expression for V8's backtracking engine.
 *
 * @param pattern a valid JavaScript pattern.
 * @example
 * backtrackingCost('^(a+)+$').paths; // Infinity
 */
export const backtrackingCost = (pattern: string): BacktrackingCost => new CostReader(pattern).alternatives();

const MAX_PATHS = 32;
const MAX_LENGTH = 1_000;

/** Whether it is one sequence that begins with `^`, so that a match is tried once rather than at each character. */
function isAnchored(pattern: string): boolean {
  if (!pattern.startsWith('^')) return false;
  let depth = 0;
  for (const [part] of pattern.matchAll(/\\[^]|\[(?:\\[^]|[^\\\]])*\]|[^]/g)) {
    if (part === '(') depth++;
    else if (part === ')') depth--;
    else if (part === '|' && depth === 0) return false;
  }
  return true;
}

/**
 * Whether V8's own engine needs only time proportional to the length of any text: the expression has few paths, and at most one repetition
 * without an upper bound, tried from only one position.
 *
 * @param pattern a valid JavaScript pattern, used without the flag `m`.
 * @example
 * isCheap(String.raw`^lurkers(?!-)\s*`); // true
 */
export function isCheap(pattern: string): boolean {
  const { paths, unbounded, length } = backtrackingCost(pattern);
  return paths <= MAX_PATHS && length <= MAX_LENGTH && unbounded <= (isAnchored(pattern) ? 1 : 0);
}

/** Literal characters at the start of a sequence; also classes of two letters, in which an expression that ignores case is written. */
const PLAIN_START = /^((?:[^\\^$.*+?()[\]{}|]|\\[^\w\s]|\[[A-Za-z]{2}\])*)([*?{]?)/;

/** Beyond this, prefixes are shortened: each class doubles their number. */
const MAX_PREFIXES = 16;

/** The texts with which a sequence may begin. */
function plainStarts(sequence: string): string[] {
  const [, plain = '', next = ''] = PLAIN_START.exec(sequence) ?? [];
  const characters = plain.match(/\\[^]|\[..\]|[^]/g) ?? [];
  let starts = [''];
  // A quantifier applies to the last character, which may then be absent.
  for (const character of next === '' ? characters : characters.slice(0, -1)) {
    const options = character.length === 4 ? [character.slice(1, 2), character.slice(2, 3)] : [character.slice(-1)];
    if (starts.length * options.length > MAX_PREFIXES) break;
    starts = starts.flatMap((start) => options.map((option) => start + option));
  }
  return starts;
}

/**
 * Literal prefixes of all matches, if the expression begins with `^` and literal characters: each match begins with one of them.
 * `['']` if the start of an alternative is not literal.
 *
 * @example
 * literalPrefixes(String.raw`^echo\s+`); // ['echo']
 * literalPrefixes('^(?:help|commands)$'); // ['help', 'commands']
 * literalPrefixes('^[Hh][Ii]$'); // ['HI', 'Hi', 'hI', 'hi']
 */
export function literalPrefixes(pattern: string): readonly string[] {
  if (!isAnchored(pattern)) return [''];
  const [, group = ''] = /^\^\((?:\?:|\?<\w+>|(?!\?))([^()]*)\)(?![*?{])/.exec(pattern) ?? [];
  const starts = (group === '' ? [pattern.slice(1)] : group.split('|')).flatMap(plainStarts);
  return starts.includes('') ? [''] : [...new Set(starts)];
}
