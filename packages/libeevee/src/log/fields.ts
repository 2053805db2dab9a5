import { inspect } from 'node:util';
import { describedError, isError, textOf } from './error-fields.ts';
import { OWN_NAMES, SAID } from './field-names.ts';
import { isSecretName, withoutUrlCredentials } from './redaction.ts';

/** Fields of a log line; `producer` names the part of the module that wrote it. */
export interface LogFields {
  producer?: string;
  [field: string]: unknown;
}

/** Depth to which fields are searched for chat text and secrets; deeper values are omitted. */
const DEEPEST = 4;
const DEEPEST_AT_DEBUG = 8;

/** Characters of the source of a function. */
const MAX_SOURCE_CHARACTERS = 100;

/** Values in the objects of one line; its time is bounded, whatever they refer to. */
const MAX_VALUES = 10_000;

const LEFT_OUT = '[left out]';
const UNREADABLE = '[unreadable]';

/** Where a line is written: whether it may contain chat text. */
export interface LinePlace {
  readonly showSaid: boolean;
}

const isSecret = (name: string, value: unknown): boolean =>
  value !== undefined && value !== null && typeof value !== 'boolean' && isSecretName(name);

const withoutSaid = (value: unknown): string => (typeof value === 'string' ? `[${value.length} characters]` : LEFT_OUT);

/** JSON has no symbols, functions and large integers: a module may throw anything. */
function writablePrimitive(value: unknown): unknown {
  if (typeof value === 'symbol' || typeof value === 'function') return textOf(value).slice(0, MAX_SOURCE_CHARACTERS);
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** A header as HTTP clients list them: `['authorization', 'Bearer …']`. */
const isSecretPair = (list: readonly unknown[]): boolean => list.length === 2 && typeof list[0] === 'string' && isSecret(list[0], list[1]);

/** The values of one line in the form in which they are written. */
class WritableValues {
  readonly #showSaid: boolean;
  #left = MAX_VALUES;

  constructor(showSaid: boolean) {
    this.#showSaid = showSaid;
  }

  /** Never throws: a property that throws when it is read, as of a Proxy, costs only itself. Errors become plain objects. */
  of(name: string, value: unknown, depth = 0): unknown {
    try {
      return this.#written(name, value, depth);
    } catch {
      return UNREADABLE;
    }
  }

  #written(name: string, value: unknown, depth: number): unknown {
    if (isError(value)) return describedError(value, { showSaid: this.#showSaid });
    if (isSecret(name, value)) return '[secret]';
    if (!this.#showSaid && SAID.has(name)) return withoutSaid(value);
    if (typeof value === 'string') return withoutUrlCredentials(value);
    if (typeof value !== 'object' || value === null) return writablePrimitive(value);
    if (depth === (this.#showSaid ? DEEPEST_AT_DEBUG : DEEPEST)) return LEFT_OUT;
    return this.#object(name, value, depth + 1);
  }

  #object(name: string, value: object, depth: number): unknown {
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof Map)
      return this.#mapping(
        [...value].map(([key, each]) => [textOf(key), () => each]),
        depth,
      );
    if (Array.isArray(value) || value instanceof Set) return this.#list([...value], depth);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.of('', value.toJSON(name), depth);
    return this.#mapping(
      Object.keys(value).map((key) => [key, () => Reflect.get(value, key)]),
      depth,
    );
  }

  #list(list: readonly unknown[], depth: number): unknown {
    if (isSecretPair(list)) return [list[0], '[secret]'];
    return list.slice(0, this.#left).map((each) => this.#next('', () => each, depth));
  }

  #mapping(fields: readonly (readonly [key: string, read: () => unknown])[], depth: number): unknown {
    return Object.fromEntries(fields.slice(0, this.#left).map(([key, read]) => [key, this.#next(key, read, depth)]));
  }

  #next(name: string, read: () => unknown, depth: number): unknown {
    if (this.#left <= 0) return LEFT_OUT;
    this.#left--;
    try {
      return this.of(name, read(), depth);
    } catch {
      return UNREADABLE;
    }
  }
}

/** The field of an object that may throw when it is read. */
function readField(fields: object, name: string): unknown {
  try {
    return Reflect.get(fields, name);
  } catch {
    return UNREADABLE;
  }
}

/** Names of the fields; none of an object that cannot be listed, such as a revoked Proxy. */
function namesOf(fields: object): string[] {
  try {
    return Object.keys(fields);
  } catch {
    return [];
  }
}

/**
 * The fields of a line in the form in which they are written. Never throws, whatever is given: modules log what they catch, and a line that
 * fails in a timer would end the process.
 */
export function writableFields(fields: unknown, { showSaid }: LinePlace): LogFields {
  if (fields === undefined || fields === null) return {};
  if (isError(fields)) return { error: describedError(fields, { showSaid }) };
  const values = new WritableValues(showSaid);
  if (typeof fields !== 'object') return { details: values.of('details', fields) };
  const written: LogFields = {};
  for (const name of namesOf(fields)) {
    const field = OWN_NAMES.has(name) ? `${name}_` : name;
    const value = values.of(name, readField(fields, name));
    // An assignment would set the prototype.
    if (field === '__proto__') Object.defineProperty(written, field, { value, enumerable: true });
    else written[field] = value;
  }
  return written;
}

/** The message of a line. Never throws: the message of what was thrown may be missing, since not everything thrown is an error. */
export function writableMessage(message: unknown, { showSaid }: LinePlace): string {
  if (typeof message === 'string') return withoutUrlCredentials(message);
  if (typeof message !== 'object' || message === null) return textOf(message);
  return inspect(new WritableValues(showSaid).of('', message), { breakLength: Infinity, depth: DEEPEST_AT_DEBUG });
}
