/**
 * The globs of a list that is separated by commas or newlines. Commas within braces are part of a glob; a brace that is never closed is
 * an ordinary character.
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

/** Where braces open that are closed later on. */
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
