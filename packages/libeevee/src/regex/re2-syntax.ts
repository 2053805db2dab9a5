/** Part of a regular expression that cannot be matched in linear time, or is not translated. */
export class UnsupportedRegexError extends Error {
  override readonly name = 'UnsupportedRegexError';
  /** Whether a backtracking engine supports it. */
  readonly isBacktracking: boolean;

  constructor(message: string, { isBacktracking = false }: { isBacktracking?: boolean } = {}) {
    super(message);
    this.isBacktracking = isBacktracking;
  }
}

/** A JavaScript regular expression in RE2's syntax. */
export interface Re2Syntax {
  readonly source: string;
  /** The name of each capturing group, from 1; undefined for those without. */
  readonly groupNames: readonly (string | undefined)[];
}

/** `\s` of JavaScript, which is ASCII only in RE2. */
const SPACES = String.raw`\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`;
const NOT_SPACES = String.raw`\x00-\x08\x0e-\x1f!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`;
const ANY = String.raw`\x00-\x{10ffff}`;
const NO_LINE_END = String.raw`[^\n\r\x{2028}\x{2029}]`;

const hex = (code: number): string => `\\x{${code.toString(16)}}`;
const isPunctuation = (character: string): boolean => /^[!-/:-@[-`{-~]$/.test(character);
const literal = (character: string): string => (isPunctuation(character) ? `\\${character}` : character);

/** Parses a valid JavaScript pattern from left to right. */
class Translation {
  readonly #pattern: string;
  readonly #unicode: boolean;
  readonly #dot: string;
  readonly #groupNames: (string | undefined)[] = [];
  #at = 0;

  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    this.#unicode = flags.includes('u');
    this.#dot = flags.includes('s') ? `[${ANY}]` : NO_LINE_END;
  }

  result(): Re2Syntax {
    let source = '';
    while (this.#at < this.#pattern.length) source += this.#next();
    return { source, groupNames: this.#groupNames };
  }

  /** Consumes the match of `expression`, which is sticky, at the current position. */
  #take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#pattern);
    if (found === null) return undefined;
    this.#at = expression.lastIndex;
    return found;
  }

  #character(): string {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return character;
  }

  #next(): string {
    const quantifier = this.#take(/\{\d+(?:,\d*)?\}/y);
    if (quantifier !== undefined) return quantifier[0];
    const character = this.#character();
    if (character === '\\') return this.#escape({ inClass: false });
    if (character === '[') return this.#class();
    if (character === '(') return this.#group();
    if (character === '.') return this.#dot;
    return '{}]'.includes(character) ? `\\${character}` : character;
  }

  #group(): string {
    if (this.#take(/\?:/y) !== undefined) return '(?:';
    const named = this.#take(/\?<([^=!>][^>]*)>/y);
    if (named === undefined && this.#pattern[this.#at] === '?') {
      const asked = this.#take(/\?(?:<?[=!]|[^:)]*:?)/y)?.[0] ?? '?';
      throw new UnsupportedRegexError(`(${asked} cannot be matched in linear time`, { isBacktracking: true });
    }
    this.#groupNames.push(named?.[1]);
    return '(';
  }

  #class(): string {
    const negated = this.#take(/\^/y) === undefined ? '' : '^';
    if (this.#take(/\]/y) !== undefined) return negated === '' ? `[^${ANY}]` : `[${ANY}]`;
    let source = `[${negated}`;
    for (;;) {
      const character = this.#character();
      if (character === ']') return `${source}]`;
      if (character === '\\') source += this.#escape({ inClass: true });
      else source += character === '[' || character === '^' ? `\\${character}` : character;
    }
  }

  /** Translates the escape after a backslash. */
  #escape({ inClass }: { inClass: boolean }): string {
    const code = this.#codePoint();
    if (code !== undefined) return hex(code);
    if (this.#take(/0(?!\d)/y) !== undefined) return hex(0);
    if (this.#take(/\d/y) !== undefined || this.#take(/k(?=<)/y) !== undefined) {
      throw new UnsupportedRegexError('a backreference cannot be matched in linear time', { isBacktracking: true });
    }
    if (this.#unicode) {
      const property = this.#take(/[pP]\{[^}]*\}/y);
      if (property !== undefined) return `\\${property[0]}`;
    }
    return escapedCharacter(this.#character(), { inClass });
  }

  /** The code point of a numeric escape. */
  #codePoint(): number | undefined {
    const control = this.#take(/c([A-Za-z])/y);
    if (control !== undefined) return (control[1] ?? '').charCodeAt(0) % 32;
    const pair = this.#take(/u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})/y);
    if (pair !== undefined) {
      return String.fromCharCode(Number.parseInt(pair[1] ?? '', 16), Number.parseInt(pair[2] ?? '', 16)).codePointAt(0);
    }
    const braces = this.#unicode ? this.#take(/u\{([\da-fA-F]+)\}/y) : undefined;
    const numbered = braces ?? this.#take(/u([\da-fA-F]{4})/y) ?? this.#take(/x([\da-fA-F]{2})/y);
    return numbered === undefined ? undefined : Number.parseInt(numbered[1] ?? '', 16);
  }
}

/** Translates the escape of one character: a class, a position, a control character or the character itself. */
function escapedCharacter(character: string, { inClass }: { inClass: boolean }): string {
  if (character === 's') return inClass ? SPACES : `[${SPACES}]`;
  if (character === 'S') return inClass ? NOT_SPACES : `[^${SPACES}]`;
  if (character === 'b' && inClass) return hex(8);
  if (/[dDwWbBtnvfr]/.test(character)) return `\\${character}`;
  if (character === 'c') throw new UnsupportedRegexError(String.raw`\c must name a letter`);
  return literal(character);
}

/**
 * A valid JavaScript regular expression in RE2's syntax, in which `\s`, `.`, `[^]`, `{` and others have slightly different meanings.
 *
 * @throws UnsupportedRegexError for look-arounds and backreferences.
 * @see https://github.com/google/re2/wiki/Syntax
 */
export const re2Syntax = (pattern: string, flags: string): Re2Syntax => new Translation(pattern, flags).result();
