import { describe, expect, it } from 'vitest';
import { fields, type JsonSchema, listOf, text } from './json-schema.ts';
import { shareParts } from './shared-schemas.ts';

const long: JsonSchema = { ...text, description: 'x'.repeat(400) };
const outer = fields({ inner: listOf(long), short: text });

/** A schema without `$ref`. */
function resolved(schema: unknown, definitions: JsonSchema['definitions'] = {}): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((part) => resolved(part, definitions));
  const { $ref, ...rest } = schema as Readonly<Record<string, unknown>>;
  if (typeof $ref === 'string') return resolved(definitions[$ref.slice('#/definitions/'.length)], definitions);
  return Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, resolved(part, definitions)]));
}

describe('shareParts', () => {
  it('keeps the meaning of a schema, and contains each long part once', () => {
    const schema = fields({ a: outer, b: outer, c: listOf(outer), d: { anyOf: [{ not: long }, text] } });
    const { definitions, ...shared } = shareParts(schema);
    expect(resolved(shared, definitions)).toEqual(schema);
    expect(JSON.stringify({ definitions, ...shared }).split(long.description ?? '')).toHaveLength(2);
    expect(Object.keys(definitions ?? {})).toEqual(['a', 'inner']);
  });

  it('gives parts of fields with the same name definitions with different names', () => {
    const other = { ...long, maxLength: 5 };
    const both = [long, other].map((part) => fields({ x: part }));
    const { definitions, ...shared } = shareParts({ anyOf: both, oneOf: [...both, text].map((part) => ({ ...part, description: '' })) });
    expect(definitions).toEqual({ x: long, x2: other });
    expect(shared.anyOf?.[1]?.properties?.['x']).toEqual({ $ref: '#/definitions/x2' });
  });

  it('does not define parts that are only repeated with the part that contains them', () => {
    const { definitions } = shareParts(fields({ a: fields({ inner: long }), b: fields({ inner: long }) }));
    expect(Object.keys(definitions ?? {})).toEqual(['a']);
  });

  it('keeps definitions, and leaves short and different schemas where they are', () => {
    const schema = { ...fields({ a: text, b: text, c: long }), definitions: { a: text } };
    expect(shareParts(schema)).toEqual(schema);
  });
});
