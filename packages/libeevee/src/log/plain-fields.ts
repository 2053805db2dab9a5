import { isPlainName } from './field-names.ts';

const isPlainValue = (value: unknown): boolean =>
  typeof value === 'string'
    ? // Credentials in URLs are omitted.
      !value.includes('://')
    : value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean';

/** @throws what a property throws when it is read. */
function arePlain(fields: Readonly<Record<string, unknown>>): boolean {
  if (Object.getPrototypeOf(fields) !== Object.prototype || 'toJSON' in fields) return false;
  for (const name in fields) if (!isPlainName(name) || !isPlainValue(fields[name])) return false;
  return true;
}

/**
 * The JSON of an object whose fields can be written as they are, which is the case for almost all lines; `undefined` for any other value.
 * Never throws.
 */
export function plainJson(fields: unknown): string | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  try {
    return arePlain(fields as Readonly<Record<string, unknown>>) ? JSON.stringify(fields) : undefined;
  } catch {
    return undefined;
  }
}
