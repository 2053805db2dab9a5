/**
 * Splits a list of globs at commas and newlines. Commas within braces and brackets belong to a glob.
 *
 * @throws Error for a glob with a brace or bracket that is not closed or not opened, which would be an ordinary character.
 * @example
 * globList('*.{log,tmp}, cache'); // ['*.{log,tmp}', 'cache']
 */
export const globList = (text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap(splitAtCommas)
    .map((glob) => glob.trim())
    .filter((glob) => glob !== '');

/** A class, where `]` as its first character belongs to it, or a single character. */
const TOKEN = /\[[!^]?\]?[^\]]*\]|./gsu;

function splitAtCommas(line: string): readonly string[] {
  const globs: string[] = [];
  const open: number[] = [];
  let from = 0;
  for (const { 0: token, index } of line.matchAll(TOKEN)) {
    if (token === ',' && open.length === 0) {
      globs.push(line.slice(from, index));
      from = index + 1;
    } else if (token === '{') open.push(index);
    else if (token === '}' && open.length > 0) open.pop();
    else if (UNBALANCED.has(token)) throw unbalanced(line, index);
  }
  const [unclosed] = open;
  if (unclosed !== undefined) throw unbalanced(line, unclosed);
  return [...globs, line.slice(from)];
}

/** Tokens that are part of a glob only within a class. */
const UNBALANCED: ReadonlySet<string> = new Set(['[', ']', '}']);

function unbalanced(line: string, at: number): Error {
  const character = line.charAt(at);
  const counterpart = character === '[' || character === '{' ? 'closed' : 'opened';
  return new Error(
    `"${character}" in ${JSON.stringify(line.trim())} is not ${counterpart}: for the character itself, write "[${character}]"`,
  );
}
