/**
 * Splits a list of globs at commas and newlines. Commas within braces and brackets belong to a glob.
 *
 * @throws Error for a glob with a brace or bracket that is not closed: it would usually match nothing.
 * @example
 * globList('*.{log,tmp}, cache'); // ['*.{log,tmp}', 'cache']
 */
export const globList = (text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap((line) => splitAtCommas(line).globs)
    .map((glob) => glob.trim())
    .filter((glob) => glob !== '');

/**
 * Warnings about globs in which a brace or bracket is not opened. It matches itself, which can be intended.
 *
 * @example
 * globWarnings(['a}']); // ['"}" in the excluded glob "a}" is not opened and matches itself: …']
 */
export const globWarnings = (globs: readonly string[]): readonly string[] =>
  globs.flatMap((glob) => {
    const [token] = splitAtCommas(glob).unopened;
    if (token === undefined) return [];
    return [
      `"${token}" in the excluded glob ${JSON.stringify(glob)} is not opened and matches itself: write "[${token}]" if that is intended`,
    ];
  });

/** A class, where `]` as its first character belongs to it, or a single character. */
const TOKEN = /\[[!^]?\]?[^\]]*\]|./gsu;

interface Split {
  readonly globs: readonly string[];
  /** Braces and brackets that are not opened. */
  readonly unopened: readonly string[];
}

function splitAtCommas(line: string): Split {
  const globs: string[] = [];
  const open: number[] = [];
  const unopened: string[] = [];
  let from = 0;
  for (const { 0: token, index } of line.matchAll(TOKEN)) {
    if (token === ',' && open.length === 0) {
      globs.push(line.slice(from, index));
      from = index + 1;
    } else if (token === '{') open.push(index);
    else if (token === '}' && open.length > 0) open.pop();
    else if (token === '[') throw unclosed(line, index);
    else if (token === ']' || token === '}') unopened.push(token);
  }
  const [first] = open;
  if (first !== undefined) throw unclosed(line, first);
  return { globs: [...globs, line.slice(from)], unopened };
}

function unclosed(line: string, at: number): Error {
  const character = line.charAt(at);
  return new Error(`"${character}" in ${JSON.stringify(line.trim())} is not closed: for the character itself, write "[${character}]"`);
}
