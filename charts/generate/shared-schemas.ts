import type { JsonSchema } from './json-schema.ts';

/** Shorter schemas stay where they are: they are easier to read there. */
const MIN_LENGTH = 400;

/** A schema within another one, and the field that it describes. */
type Visit<Result> = (schema: JsonSchema, field: string) => Result;

/**
 * The same schema, with one definition for each long part that occurs several times. Helm reads the schema whenever it renders the chart, and
 * stores it in the Secret of each release.
 */
export function shareParts(schema: JsonSchema): JsonSchema {
  const repeated = repeatedParts(schema);
  const names = new Map<string, string>();
  const definitions: Record<string, JsonSchema> = { ...schema.definitions };
  const share: Visit<JsonSchema> = (part, field) => {
    const text = JSON.stringify(part);
    if (!repeated.has(text)) return mapParts(part, field, share);
    let name = names.get(text);
    if (name === undefined) {
      name = freeName(field, definitions);
      names.set(text, name);
      // Reserves the name: a part of this one may be of a field with the same name.
      definitions[name] = {};
      definitions[name] = mapParts(part, field, share);
    }
    return { $ref: `#/definitions/${name}` };
  };
  const shared = mapParts(schema, '', share);
  return Object.keys(definitions).length === 0 ? shared : { ...shared, definitions };
}

/** The long parts that occur several times, as JSON. Parts of a repeated part count once. */
function repeatedParts(schema: JsonSchema): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const visit: Visit<JsonSchema> = (part, field) => {
    const text = JSON.stringify(part);
    if (text.length < MIN_LENGTH) return part;
    if (seen.has(text)) repeated.add(text);
    else {
      seen.add(text);
      mapParts(part, field, visit);
    }
    return part;
  };
  mapParts(schema, '', visit);
  return repeated;
}

/** A copy of a schema with the results of `change` in place of the schemas in it. Definitions stay. */
function mapParts(schema: JsonSchema, field: string, change: Visit<JsonSchema>): JsonSchema {
  const named = (schemas: Readonly<Record<string, JsonSchema>>) =>
    Object.fromEntries(Object.entries(schemas).map(([name, part]) => [name, change(part, name)]));
  const { properties, patternProperties, additionalProperties, items, propertyNames, not } = schema;
  const lists = (['anyOf', 'allOf', 'oneOf'] as const).flatMap((key) => {
    const parts = schema[key];
    return parts === undefined ? [] : [[key, parts.map((part) => change(part, field))]];
  });
  return {
    ...schema,
    ...(properties && { properties: named(properties) }),
    ...(patternProperties && { patternProperties: named(patternProperties) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: change(additionalProperties, field) }),
    ...(items && { items: change(items, field) }),
    ...(propertyNames && { propertyNames: change(propertyNames, field) }),
    ...(not && { not: change(not, field) }),
    ...(Object.fromEntries(lists) as Pick<JsonSchema, 'anyOf' | 'allOf' | 'oneOf'>),
  };
}

/** The name itself, or the first unused one of `name2`, `name3` and so on. */
function freeName(name: string, taken: Readonly<Record<string, unknown>>): string {
  if (!(name in taken)) return name;
  let number = 2;
  while (`${name}${number}` in taken) number++;
  return `${name}${number}`;
}
