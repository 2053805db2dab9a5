import type { JsonSchema } from './json-schema.ts';
import { ruleSchemas } from './rule-schemas.ts';

/** Keywords with the same meaning in both. */
const COMMON = [
  'description',
  'type',
  'required',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'maxProperties',
] as const;

/** Limits of numbers. Helm reads all numbers as floating-point numbers, and would change the last digits of larger ones. */
const LIMITS: Readonly<Record<string, { readonly minimum: number; readonly maximum: number }>> = {
  int32: { minimum: -2_147_483_648, maximum: 2_147_483_647 },
  int64: { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
};

/**
 * A definition's schema as a JSON Schema that rejects unknown fields: the API server prunes them, and Helm creates resources without a
 * warning about them.
 *
 * @param structural schema of a CustomResourceDefinition; its defaults are left to the API server, and what JSON Schema cannot express to the
 *   templates.
 * @throws Error if a rule has no counterpart.
 */
export function strictSchema(structural: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, anyOf, format, 'x-kubernetes-validations': rules = [] } = structural;
  const common = Object.fromEntries(COMMON.flatMap((key) => (structural[key] === undefined ? [] : [[key, structural[key]]])));
  const schema: JsonSchema = {
    ...(format !== undefined && LIMITS[format]),
    ...common,
    ...(anyOf && { anyOf: anyOf.map(strictSchema) }),
    ...(items && { items: strictSchema(items) }),
    ...(structural['x-kubernetes-list-type'] === 'set' && { uniqueItems: true }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, strictSchema(property)])),
      additionalProperties: false,
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: strictSchema(additionalProperties) }),
  };
  return rules.flatMap(({ rule }) => ruleSchemas(rule)).reduce(restricted, schema);
}

/** A schema that a further one restricts. `properties` beside `additionalProperties` would exempt fields from those. */
function restricted(schema: JsonSchema, further: JsonSchema): JsonSchema {
  const isApart = Object.keys(further).every((key) => key !== 'properties' && !(key in schema));
  return isApart ? { ...schema, ...further } : { ...schema, allOf: [...(schema.allOf ?? []), further] };
}
