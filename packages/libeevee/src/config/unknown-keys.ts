import { isMapping } from './mapping.ts';

/** Names further apart than this are not taken for each other. */
const NEAR = 2;

/** How many characters must be added, left out or replaced to make one text of the other. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}

function nearestOf(names: readonly string[], asked: string): string | undefined {
  const distances = names
    .filter((name) => Math.abs(name.length - asked.length) <= NEAR)
    .map((name) => ({ name, distance: editDistance(name.toLowerCase(), asked.toLowerCase()) }));
  const [best] = distances.toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= NEAR && best.distance < asked.length ? best.name : undefined;
}

/**
 * Keys of a configuration that nothing reads, judged by those that are known, each with the known name that was probably meant. An
 * empty mapping among the known ones takes any keys.
 *
 * @example
 * unknownKeys({ city: 'Oslo', units: { temperature: 'C' } }, { citty: 'Bergen', units: { wind: 'kn' } });
 * // ['citty (did you mean city?)', 'units.wind']
 */
export function unknownKeys(known: unknown, given: unknown, path = ''): string[] {
  if (!isMapping(known) || !isMapping(given)) return [];
  const names = Object.keys(known);
  if (names.length === 0) return [];
  return Object.keys(given).flatMap((key) => {
    if (Object.hasOwn(known, key)) return unknownKeys(known[key], given[key], `${path}${key}.`);
    const nearest = nearestOf(names, key);
    return [`${path}${key}${nearest === undefined ? '' : ` (did you mean ${path}${nearest}?)`}`];
  });
}
