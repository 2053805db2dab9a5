/** JSON Schema (draft 7), as far as values.schema.json files need it and definitions have keywords that these do not. */
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
  readonly propertyNames?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** Fields that a field calls for. */
  readonly dependencies?: Readonly<Record<string, readonly string[]>>;
  readonly uniqueItems?: boolean;
  readonly default?: unknown;
  readonly format?: string;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string }[];
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
