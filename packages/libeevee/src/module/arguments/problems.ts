import { durationMs } from '../../duration.ts';
import { type FieldCheck, type Fields, count, flag, isMapping, listOf, mappingOf, text } from '../fields/field-problems.ts';
import { isStandardSchema } from '../fields/standard-schema.ts';
import type { ArgumentDefinition } from './types.ts';
import { asMs, isRequired, readDefault } from './values.ts';

const NAME = /^[A-Za-z][\w-]*$/;

const argumentName: FieldCheck = (where, value) =>
  typeof value === 'string' && NAME.test(value) ? [] : [`${where} must consist of letters, digits, "_" and "-", and begin with a letter`];

const number: FieldCheck = (where, value) => (typeof value === 'number' && Number.isFinite(value) ? [] : [`${where} must be a number`]);

const duration: FieldCheck = (where, value) => {
  const isDuration = typeof value === 'string' ? durationMs(value) !== undefined : Number.isSafeInteger(value) && Number(value) >= 0;
  return isDuration ? [] : [`${where} must be milliseconds, or a text such as 90s, 1h30m or 2d`];
};

const anyText: FieldCheck = (where, value) => (typeof value === 'string' ? [] : [`${where} must be a string`]);

const length: FieldCheck = (where, value) => (value === 0 ? [] : count(where, value));

const choices: FieldCheck = (where, value) => {
  const problems = listOf(text)(where, value);
  if (problems.length > 0 || !Array.isArray(value)) return problems;
  const lower = value.map((choice) => String(choice).toLowerCase());
  if (lower.length === 0) return [`${where} must have at least one`];
  if (value.some((choice) => /\s/.test(String(choice)))) return [`${where} must be words without spaces`];
  return new Set(lower).size === lower.length ? [] : [`${where} must differ by more than case`];
};

/** Fields of each type, besides those that all have. */
const TYPES: ReadonlyMap<unknown, readonly [needed: Record<string, FieldCheck>, optional: Record<string, FieldCheck>]> = new Map([
  ['string', [{}, { minLength: length, maxLength: count, default: anyText }]],
  ['rest', [{}, { minLength: length, maxLength: count, default: anyText }]],
  ['integer', [{}, { min: number, max: number, default: number }]],
  ['number', [{}, { min: number, max: number, default: number }]],
  ['duration', [{}, { min: duration, max: duration, default: duration }]],
  ['nick', [{}, { default: text }]],
  ['choice', [{ choices }, { default: text }]],
]);

const wrongOrder = (where: string, fields: Fields, [low, high]: readonly [string, string]): string[] => {
  const [from, to] = [low, high].map((bound) => asMs(fields[bound] as number | string | undefined));
  return from !== undefined && to !== undefined && from > to ? [`${where}.${low} must not exceed ${high}`] : [];
};

/** Problems of an argument whose fields are all of the right type. */
function contradictions(where: string, argument: ArgumentDefinition): string[] {
  const fields = argument as unknown as Fields;
  const fallback = argument.default;
  if (fallback !== undefined && argument.required === true) {
    return [`${where}.required must be omitted: an argument with a default is optional`];
  }
  const read = readDefault(argument);
  return [
    ...wrongOrder(where, fields, ['min', 'max']),
    ...wrongOrder(where, fields, ['minLength', 'maxLength']),
    ...(read !== undefined && 'problem' in read ? [`${where}.default is not a valid value of the argument: ${read.problem}`] : []),
  ];
}

const argument: FieldCheck = (where, value) => {
  if (!isMapping(value)) return [`${where} must be an object`];
  const [needed, optional] = TYPES.get(value['type']) ?? [{}, {}];
  const problems = [
    ...(TYPES.has(value['type']) ? [] : [`${where}.type must be one of ${[...TYPES.keys()].join(', ')}`]),
    ...mappingOf({ name: argumentName, ...needed }, { description: text, required: flag, ...optional })(where, value),
  ];
  return problems.length > 0 ? problems : contradictions(where, value as unknown as ArgumentDefinition);
};

/** Problems of the order of arguments: each takes the next word, so that nothing can follow what may be missing. */
function orderProblems(where: string, declared: readonly ArgumentDefinition[]): string[] {
  const names = declared.map(({ name }) => name);
  return declared.flatMap((each, index) => {
    const at = `${where}[${index}]`;
    const earlier = declared.slice(0, index);
    return [
      ...(names.indexOf(each.name) < index ? [`${at}.name: "${each.name}" is used twice`] : []),
      ...(each.type === 'rest' && index < declared.length - 1 ? [`${at}: rest must be the last argument`] : []),
      ...(isRequired(each) && earlier.some((one) => !isRequired(one)) ? [`${at}: a required argument cannot follow an optional one`] : []),
    ];
  });
}

/** Problems of a declaration of arguments. */
export const argumentsDeclaration: FieldCheck = (where, value) => {
  if (isStandardSchema(value)) return [];
  if (!Array.isArray(value)) return [`${where} must be a list of arguments, or a schema that implements Standard Schema`];
  const problems = listOf(argument)(where, value);
  return problems.length > 0 ? problems : orderProblems(where, value as ArgumentDefinition[]);
};
