/** A JSON object, as opposed to a list or a scalar. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with sorted keys and without undefined fields: equal text for equal content. */
export function canonicalJson(value: unknown): string {
  let text = '';
  if (Array.isArray(value)) {
    for (const inner of value) text += `${text === '' ? '' : ','}${canonicalJson(inner)}`;
    return `[${text}]`;
  }
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  for (const name of sortedNames(value)) {
    const inner = value[name];
    if (inner === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(inner)}`;
  }
  return `{${text}}`;
}

/** Longer lists are sorted by the engine, whose function allocates more than it takes to sort the few fields of most objects. */
const SHORT_LIST = 16;

/** The keys of an object in the order of their UTF-16 code units. */
function sortedNames(value: object): readonly string[] {
  const names = Object.keys(value);
  if (names.length > SHORT_LIST) return names.sort();
  for (let end = 1; end < names.length; end++) {
    const name = names[end] ?? '';
    let at = end;
    for (let before = names[at - 1]; before !== undefined && before > name; before = names[at - 1]) names[at--] = before;
    names[at] = name;
  }
  return names;
}

/** Whether two JSON values have the same content. The order of keys does not matter, and an undefined field is an absent one. */
export function equalJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((inner, index) => equalJson(inner, other[index]));
  }
  if (!isRecord(one) || !isRecord(other)) return false;
  // A JSON value has only own keys. `Object.keys` would allocate a list for each object, and this runs for each event of a watch.
  for (const name in one) if (!equalJson(one[name], other[name])) return false;
  for (const name in other) if (other[name] !== undefined && one[name] === undefined) return false;
  return true;
}

/**
 * Freezes a JSON value recursively.
 *
 * @param share returns one instance for equal texts, so that a text in many values is stored once.
 */
export function deepFreeze<T>(value: T, share?: (text: string) => string): T {
  if (!hasParts(value) || Object.isFrozen(value)) return value;
  const parts = value as Record<string, unknown>;
  // A JSON value has only own keys. `Object.values` would allocate a list for each object.
  for (const name in parts) {
    const part = parts[name];
    if (typeof part !== 'string') deepFreeze(part, share);
    else if (share !== undefined) parts[name] = share(part);
  }
  return Object.freeze(value);
}

/**
 * `value` with the parts of `known` in place of its own where both are equal; `known` itself if they are equal as a whole. So an object that
 * changed holds only the memory of the change, and parts can be compared by identity.
 *
 * @param value a JSON value that nothing else refers to: it is changed. A frozen part is not.
 */
export function withKnownParts<T>(value: T, known: unknown): T {
  if (value === known || !hasParts(value) || !hasParts(known) || Array.isArray(value) !== Array.isArray(known)) return value;
  const parts = value as Record<string, unknown>;
  const knownParts = known as Readonly<Record<string, unknown>>;
  const mayChange = !Object.isFrozen(value);
  let isEqual = true;
  for (const name in parts) {
    const own = parts[name];
    const part = withKnownParts(own, knownParts[name]);
    if (part !== knownParts[name]) isEqual = false;
    if (part !== own && mayChange) parts[name] = part;
  }
  return isEqual && hasNoOtherKeys(knownParts, parts) ? (known as T) : value;
}

const hasParts = (value: unknown): value is object => typeof value === 'object' && value !== null;

function hasNoOtherKeys(one: object, than: object): boolean {
  for (const name in one) if (!Object.hasOwn(than, name)) return false;
  return true;
}
