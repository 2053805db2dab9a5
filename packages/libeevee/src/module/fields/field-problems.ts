import { reasonOf } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { isQueueName } from '../../nats/subjects.ts';

/** Problems of a value. The caller handles missing values. */
export type FieldCheck = (where: string, value: unknown) => readonly string[];

export type Fields = Readonly<Record<string, unknown>>;

export const isMapping = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether the value can be one token of a subject: NATS would read other characters as structure. */
const isToken = (value: string): boolean => isQueueName(value) && !/[.*>]/.test(value);

export const uuid: FieldCheck = (where, value) =>
  typeof value === 'string' && isToken(value) ? [] : [`${where} must be a unique UUID: generate one with uuidgen`];

export const text: FieldCheck = (where, value) => {
  if (typeof value !== 'string') return [`${where} must be a string`];
  return value === '' ? [`${where} is empty`] : [];
};

export const flag: FieldCheck = (where, value) => (typeof value === 'boolean' ? [] : [`${where} must be true or false`]);

export const handler: FieldCheck = (where, value) => (typeof value === 'function' ? [] : [`${where} must be a function`]);

/** A regular expression as a string: on the bus, a `RegExp` would be an empty object. */
export const regex: FieldCheck = (where, value) => {
  if (value instanceof RegExp) return [`${where} must be a string, not a RegExp: write String.raw\`${value.source}\``];
  if (typeof value !== 'string') return [`${where} must be a regular expression as a string`];
  try {
    void new RegExp(value);
    return [];
  } catch (error) {
    return [`${where}: ${reasonOf(error)}`];
  }
};

export const count: FieldCheck = (where, value) =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? [] : [`${where} must be a whole number above 0`];

/** The longest delay of a Node timer: with a longer one, it would fire immediately. */
const LONGEST_MS = 2 ** 31 - 1;

export const timeout: FieldCheck = (where, value) =>
  typeof value === 'number' && value > LONGEST_MS ? [`${where} must be at most ${LONGEST_MS}, which is 24 days`] : count(where, value);

/** A list whose items are checked one by one. */
export const listOf =
  (item: FieldCheck): FieldCheck =>
  (where, value) =>
    Array.isArray(value) ? value.flatMap((each: unknown, index) => item(`${where}[${index}]`, each)) : [`${where} must be a list`];

/** Accepts any value of a field that is checked elsewhere. */
export const anything: FieldCheck = () => [];

/** Shorter names differ from too many others. */
const SHORTEST_SIMILAR = 5;

/** The absent field that was probably meant by the name of something that is not a field. */
function meant(absent: readonly string[], name: string): string | undefined {
  if (name.length >= SHORTEST_SIMILAR) return nearestName(absent, name);
  return absent.find((field) => field.toLowerCase() === name.toLowerCase());
}

/** Misspelt fields, which would be ignored. Other unknown ones may be a module's own. */
function misspelt(value: Fields, fields: readonly string[]): readonly string[] {
  const absent = fields.filter((field) => value[field] === undefined);
  const unknown = Object.keys(value).filter((name) => !fields.includes(name));
  return unknown.flatMap((name) => {
    const field = meant(absent, name);
    return field === undefined ? [] : [`${name} is not a field: did you mean ${field}?`];
  });
}

/** Required and optional fields of a mapping. */
export const mappingOf =
  (needed: Readonly<Record<string, FieldCheck>>, optional: Readonly<Record<string, FieldCheck>>): FieldCheck =>
  (where, value) => {
    if (!isMapping(value)) return [`${where} must be an object`];
    const at = (field: string): string => (where === '' ? field : `${where}.${field}`);
    return [
      ...Object.entries(needed).flatMap(([field, check]) => check(at(field), value[field])),
      ...Object.entries(optional).flatMap(([field, check]) => (value[field] === undefined ? [] : check(at(field), value[field]))),
      ...misspelt(value, [...Object.keys(needed), ...Object.keys(optional)]).map(at),
    ];
  };
