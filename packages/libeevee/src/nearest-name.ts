/** Largest number of edits at which a name is suggested for another. */
const MAX_EDITS = 2;

/** Number of characters to add, delete or replace to turn one text into the other. */
function editDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[other.length] ?? 0;
}

/**
 * The name that was probably meant: the first of those that differ least, in any case, if it differs by at most two characters, and by
 * fewer than the text has.
 *
 * @example
 * nearestName(['city', 'units'], 'citty'); // 'city'
 */
export function nearestName(names: readonly string[], asked: string): string | undefined {
  const wanted = asked.toLowerCase();
  let nearest: string | undefined;
  let fewest = Math.min(MAX_EDITS, wanted.length - 1) + 1;
  for (const name of names) {
    // Also keeps the comparison of thousands of names with a long text fast.
    if (Math.abs(name.length - asked.length) > MAX_EDITS) continue;
    const edits = editDistance(name.toLowerCase(), wanted);
    if (edits < fewest) [nearest, fewest] = [name, edits];
  }
  return nearest;
}
