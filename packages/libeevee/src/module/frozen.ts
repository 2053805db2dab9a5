/** Whether the value is plain data rather than an instance of a class, which may have to be mutable to work. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}

/**
 * A copy of the value with all mappings and lists frozen, at any depth: a handler that writes to it fails instead of changing it for
 * every other handler. Instances of classes are kept as they are.
 *
 * @example
 * frozenCopy({ ratelimit: { limit: 5 } }).ratelimit.limit = 6; // throws a TypeError
 */
export function frozenCopy<Value>(value: Value): Value {
  return copyOf(value, new Map()) as Value;
}

function copyOf(value: unknown, copies: Map<object, unknown>): unknown {
  if (!isPlain(value)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const copy: object = Array.isArray(value) ? [] : (Object.create(Object.getPrototypeOf(value) as object | null) as object);
  copies.set(value, copy);
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || (Array.isArray(value) && key === 'length')) continue;
    Object.defineProperty(copy, key, 'value' in property ? { ...property, value: copyOf(property.value, copies) } : property);
  }
  return Object.freeze(copy);
}
