import { equalJson, isRecord } from '../json.ts';

/**
 * JSON merge patch that turns `before` into `after`: fields that are missing from `after` are removed,
 * lists are replaced as a whole. `undefined` when nothing changes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7386
 * @example
 * mergePatch({ a: 1, b: { c: 2, d: 3 } }, { a: 1, b: { c: 2 } }); // { b: { d: null } }
 */
export function mergePatch(before: object, after: object): Readonly<Record<string, unknown>> | undefined {
  const [old, wanted] = [before as Fields, after as Fields];
  // Made for the first difference, since most comparisons find none.
  let patch: Record<string, unknown> | undefined;
  for (const key in wanted) {
    const value = wanted[key];
    if (value === undefined) continue;
    const change = changeOf(valueOf(old, key), value);
    if (change !== undefined) (patch ??= {})[key] = change;
  }
  for (const key in old) if (old[key] !== undefined && valueOf(wanted, key) === undefined) (patch ??= {})[key] = null;
  return patch;
}

type Fields = Readonly<Record<string, unknown>>;

const valueOf = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined);

function changeOf(before: unknown, after: unknown): unknown {
  if (before === after) return undefined;
  if (isRecord(before) && isRecord(after)) return mergePatch(before, after);
  return equalJson(before ?? null, after ?? null) ? undefined : after;
}
