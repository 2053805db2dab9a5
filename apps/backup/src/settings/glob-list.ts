/**
 * Splits a list of globs at commas and newlines. Commas within braces belong to a glob; an unclosed brace is an ordinary character.
 *
 * @example
 * globList('*.{log,tmp}, cache'); // ['*.{log,tmp}', 'cache']
 */
export const globList = (text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap(splitAtCommas)
    .map((glob) => glob.trim())
    .filter((glob) => glob !== '');

function splitAtCommas(line: string): readonly string[] {
  const closed = closedBraces(line);
  const globs: string[] = [];
  let [depth, from] = [0, 0];
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (character === '\\') at++;
    else if (character === '{' && closed.has(at)) depth++;
    else if (character === '}' && depth > 0) depth--;
    else if (character === ',' && depth === 0) {
      globs.push(line.slice(from, at));
      from = at + 1;
    }
  }
  return [...globs, line.slice(from)];
}

/** Positions of opening braces that are closed later. */
function closedBraces(line: string): ReadonlySet<number> {
  const closed = new Set<number>();
  const open: number[] = [];
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '{') open.push(at);
    else if (line[at] === '}') {
      const opened = open.pop();
      if (opened !== undefined) closed.add(opened);
    }
  }
  return closed;
}
