import { isMapping } from './mapping.ts';

/** Largest edit distance at which a name is suggested for another. */
const NEAR = 2;

/** Number of characters to add, delete or replace to turn one text into the other. */
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
 * Keys of a configuration that nothing reads, compared with the known ones, each with the known name that was probably meant. An empty
 * mapping among the known ones accepts any keys.
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
