/** A word of a text. */
export interface Word {
  /** Without the quotes around it, and without backslashes before quotes in it. */
  readonly text: string;
  /** Position in the text, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** Quotes group only if they begin a word and end one: the apostrophe of `don't` or `'tis` does not. */
const WORD = /"((?:[^"\\]|\\[^])*)"(?!\S)|'((?:[^'\\]|\\[^])*)'(?!\S)|\S+/g;

const unescaped = (quoted: string): string => quoted.replaceAll(/\\(["'\\])/g, '$1');

/**
 * The words of a text, or the first of them. Quotes group several into one; in quotes, `\"`, `\'` and `\\` are a quote and a backslash.
 *
 * @example
 * wordsOf(`remind "my fox" don't`).map(({ text }) => text); // ['remind', 'my fox', "don't"]
 */
export function wordsOf(text: string, most = Infinity): Word[] {
  const words: Word[] = [];
  WORD.lastIndex = 0;
  while (words.length < most) {
    const found = WORD.exec(text);
    if (found === null) break;
    const [whole, double, single] = found;
    const quoted = double ?? single;
    words.push({ text: quoted === undefined ? whole : unescaped(quoted), start: found.index, end: WORD.lastIndex });
  }
  return words;
}
