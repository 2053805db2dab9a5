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
  const patch: Record<string, unknown> = {};
  const [old, wanted] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  for (const [key, value] of wanted) {
    if (value === undefined) continue;
    const change = changeOf(old.get(key), value);
    if (change !== undefined) patch[key] = change;
  }
  for (const [key, value] of old) {
    if (value !== undefined && wanted.get(key) === undefined) patch[key] = null;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function changeOf(before: unknown, after: unknown): unknown {
  if (before === after) return undefined;
  if (isRecord(before) && isRecord(after)) return mergePatch(before, after);
  return equalJson(before ?? null, after ?? null) ? undefined : after;
}
