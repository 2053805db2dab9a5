import type { JsonSchema } from './json-schema.ts';

/** Name of the schema of {@link anySetting}. */
export const SETTING = 'setting';
const anySetting: JsonSchema = { $ref: `#/definitions/${SETTING}` };
/** Settings of any form, which are passed on. */
export const settings: JsonSchema = { type: 'object', additionalProperties: anySetting };
/**
 * A value in settings of any form. Helm reads all numbers as floating-point numbers: larger ones, such as the ids of some chat networks, would
 * arrive as other numbers.
 */
export const setting: JsonSchema = {
  description: 'Write larger numbers in quotes: Helm would change their last digits.',
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
  items: anySetting,
  additionalProperties: anySetting,
};
