import { nearestName } from '../nearest-name.ts';
import { isMapping } from './mapping.ts';

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
    const nearest = nearestName(names, key);
    return [`${path}${key}${nearest === undefined ? '' : ` (did you mean ${path}${nearest}?)`}`];
  });
}
