import { FIELD_MANAGER } from '@eeveebot/contract';

const MANAGED_FIELDS = '"managedFields":[';
const OWN = `"manager":"${FIELD_MANAGER}"`;
/** Part of each entry in `managedFields`. A user's own list of that name, in an object without `managedFields`, does not contain it. */
const OF_MANAGER = '"fieldsType":"FieldsV1"';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The JSON of an object or an event without the `managedFields` of other managers, which are half of it and are never read. Skipping them
 * also reduces garbage collection.
 *
 * Quotes within texts are escaped, so the first match is a field, and only `metadata` has a list of this name.
 */
export function withOwnFieldsOnly(json: string): string {
  const at = json.indexOf(MANAGED_FIELDS);
  const start = at + MANAGED_FIELDS.length;
  if (at === -1 || json.charCodeAt(start) !== OPEN_BRACE) return json;
  const list = objectsFrom(json, start);
  if (list === undefined || !list.objects.every((entry) => entry.includes(OF_MANAGER))) return json;
  const kept = list.objects.filter((entry) => entry.includes(OWN));
  return `${json.slice(0, start)}${kept.join(',')}${json.slice(list.end)}`;
}

/** The objects of the list whose first element begins at `start`, and the index of its closing bracket; `undefined` if it does not end. */
function objectsFrom(json: string, start: number): { readonly objects: readonly string[]; readonly end: number } | undefined {
  const objects: string[] = [];
  let depth = 0;
  let objectAt = start;
  for (let index = start; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) index = endOfText(json, index);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (depth++ === 0) objectAt = index;
    } else if (code === CLOSE_BRACE) {
      if (--depth === 0) objects.push(json.slice(objectAt, index + 1));
    } else if (code === CLOSE_BRACKET && depth-- === 0) return { objects, end: index };
  }
  return undefined;
}

/** Index of the quote that ends the text that begins at `start`. */
function endOfText(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end === -1 ? json.length : end;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
