import { FIELD_MANAGER } from '@eeveebot/contract';

const MANAGED_FIELDS = '"managedFields":[';
const OWN = `"manager":"${FIELD_MANAGER}"`;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The JSON of an object or an event without the `managedFields` of other managers, which are half of it and are never read. Text that is
 * not parsed need not be collected as garbage either.
 *
 * Quotes inside of texts are escaped, so the first match is a field; and only `metadata` has one of this name that is a list.
 */
export function withOwnFieldsOnly(json: string): string {
  const at = json.indexOf(MANAGED_FIELDS);
  if (at === -1) return json;
  const start = at + MANAGED_FIELDS.length;
  const kept: string[] = [];
  let depth = 0;
  let elementAt = start;
  for (let index = start; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) index = endOfText(json, index);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (depth++ === 0) elementAt = index;
    } else if (code === CLOSE_BRACE) {
      if (--depth > 0) continue;
      const element = json.slice(elementAt, index + 1);
      if (element.includes(OWN)) kept.push(element);
    } else if (code === CLOSE_BRACKET && depth-- === 0) return `${json.slice(0, start)}${kept.join(',')}${json.slice(index)}`;
  }
  return json;
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
