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

/** Returns one instance for equal texts, so that a text in many values is stored once. */
export type ShareText = (text: string) => string;

/** Freezes a JSON value recursively. */
export const deepFreeze = <T>(value: T, share?: ShareText): T => frozenWithKnownParts(value, undefined, share);

/**
 * `value` frozen, with the parts of `known` in place of its own where both are equal; `known` itself if they are equal as a whole. So an
 * object that changed holds only the memory of the change, and parts can be compared by identity.
 *
 * Visits each part once, and allocates nothing, because this runs for each event of a watch.
 *
 * @param value a JSON value that nothing else refers to: it is changed. A frozen part is not.
 * @param known a frozen JSON value.
 */
export function frozenWithKnownParts<T>(value: T, known: unknown, share?: ShareText): T {
  if (value === known || !hasParts(value)) return value;
  // Fresh objects are extensible, so the others are frozen.
  if (!Object.isExtensible(value)) return equalJson(value, known) ? (known as T) : value;
  if (Array.isArray(value)) return frozenList(value, Array.isArray(known) ? known : NO_LIST, share) as T;
  return frozenRecord(value, isRecord(known) ? known : undefined, share) as T;
}

const NO_LIST: readonly unknown[] = Object.freeze([]);

function frozenList(list: unknown[], known: readonly unknown[], share: ShareText | undefined): readonly unknown[] {
  let isEqual = list.length === known.length && known !== NO_LIST;
  for (let index = 0; index < list.length; index++) {
    const own = list[index];
    const part = frozenWithKnownParts(own, known[index], share);
    if (part !== known[index]) isEqual = false;
    if (part !== own) list[index] = part;
  }
  if (isEqual) return known;
  if (share !== undefined) for (const [index, part] of list.entries()) if (typeof part === 'string') list[index] = share(part);
  return Object.freeze(list);
}

function frozenRecord(record: object, known: Readonly<Record<string, unknown>> | undefined, share: ShareText | undefined): object {
  // A JSON value has only own keys. `Object.entries` would allocate a list for each object.
  const parts = record as Record<string, unknown>;
  let isEqual = known !== undefined;
  let count = 0;
  for (const name in parts) {
    count += 1;
    const own = parts[name];
    const before = ownPart(known, name);
    const part = frozenWithKnownParts(own, before, share);
    if (part !== before || part === undefined) isEqual = false;
    if (part !== own) parts[name] = part;
  }
  if (isEqual && count === countOfParts(known)) return known ?? record;
  if (share !== undefined) {
    for (const name in parts) {
      const part = parts[name];
      if (typeof part === 'string') parts[name] = share(part);
    }
  }
  return Object.freeze(record);
}

/** A part of a record, but not what every object inherits under the key `__proto__`. */
function ownPart(record: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  const part = record?.[name];
  return part === Object.prototype ? undefined : part;
}

function countOfParts(record: object = {}): number {
  let count = 0;
  for (const _ in record) count += 1;
  return count;
}

const hasParts = (value: unknown): value is object => typeof value === 'object' && value !== null;
