/** JSON Schema (draft 7), as far as values.schema.json files need it. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $ref?: string;
  /** Schemas that `$ref` names. */
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** Fields that a field calls for. */
  readonly dependencies?: Readonly<Record<string, readonly string[]>>;
}

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

/**
 * A definition's schema as a JSON Schema that rejects unknown fields: the API server prunes them, and Helm creates resources without a
 * warning about them.
 *
 * @param structural schema of a CustomResourceDefinition; its defaults, formats and rules are left to the API server.
 */
export function strictSchema(structural: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, anyOf } = structural;
  const common = Object.fromEntries(COMMON.flatMap((key) => (structural[key] === undefined ? [] : [[key, structural[key]]])));
  return {
    ...common,
    ...(anyOf && { anyOf: anyOf.map(strictSchema) }),
    ...(items && { items: strictSchema(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, strictSchema(property)])),
      additionalProperties: false,
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: strictSchema(additionalProperties) }),
  };
}

/** An object with only these fields. */
export const fields = (properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...(required.length > 0 && { required }),
});

export const text: JsonSchema = { type: 'string' };
export const truth: JsonSchema = { type: 'boolean' };
/** Environment values are strings; numbers and booleans of YAML are accepted as well. */
export const truthText: JsonSchema = { enum: [true, false, 'true', 'false'] };
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
export const oneOf = (...values: readonly string[]): JsonSchema => ({ enum: values });
