/** A word of a text. */
export interface Word {
  /** Without the quotes around it, and without backslashes before quotes in it. */
  readonly text: string;
  /** Position in the text, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** Quotes group only if they begin a word and end one: the apostrophe of `don't` or `'tis` does not. */
const QUOTED = /"((?:[^"\\]|\\[^])*)"(?!\S)|'((?:[^'\\]|\\[^])*)'(?!\S)/y;

const [SPACE, DOUBLE_QUOTE, SINGLE_QUOTE, LAST_CONTROL, FIRST_NOT_ASCII] = [0x20, 0x22, 0x27, 0x0d, 0x80];
const TAB = 0x09;

const BLANK = /\s/;

/** Whether there is a blank at this position. A pattern would create an object for each word of each call. */
function isBlankAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < FIRST_NOT_ASCII) return code === SPACE || (code >= TAB && code <= LAST_CONTROL);
  return BLANK.test(text.charAt(at));
}

const unescaped = (quoted: string): string => quoted.replaceAll(/\\(["'\\])/g, '$1');

/** The word in quotes that begins at `start`. */
function quotedWord(text: string, start: number): Word | undefined {
  const code = text.charCodeAt(start);
  if (code !== DOUBLE_QUOTE && code !== SINGLE_QUOTE) return undefined;
  QUOTED.lastIndex = start;
  const found = QUOTED.exec(text);
  return found === null ? undefined : { text: unescaped(found[1] ?? found[2] ?? ''), start, end: QUOTED.lastIndex };
}

/** The word that begins at `start`, up to the next blank. */
function plainWord(text: string, start: number): Word {
  let end = start + 1;
  while (end < text.length && !isBlankAt(text, end)) end++;
  return { text: text.slice(start, end), start, end };
}

/**
 * The words of a text, or the first of them. Quotes group several into one; in quotes, `\"`, `\'` and `\\` are a quote and a backslash.
 *
 * @example
 * wordsOf(`remind "my fox" don't`).map(({ text }) => text); // ['remind', 'my fox', "don't"]
 */
export function wordsOf(text: string, most = Infinity): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (words.length < most) {
    while (at < text.length && isBlankAt(text, at)) at++;
    if (at === text.length) break;
    const word = quotedWord(text, at) ?? plainWord(text, at);
    words.push(word);
    at = word.end;
  }
  return words;
}
