import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { customResourceDefinition, structuralSchema } from './custom-resource-definition.ts';
import { generatedFiles } from './generated-files.ts';
import { KIND_DEFINITIONS } from './kinds.ts';
import type { StructuralSchema } from './schema/structural-schema.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const examples = readdirSync(join(root, 'examples'))
  .filter((name) => name.endsWith('.yaml'))
  .toSorted()
  .map((name) => read(`examples/${name}`));

/** Paths of the fields that have no description. */
function undescribed(schema: StructuralSchema, path: string): string[] {
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
      ...(property.description ? [] : [`${path}.${name}`]),
      ...undescribed(property, `${path}.${name}`),
    ]),
    ...(schema.items ? undescribed(schema.items, `${path}[]`) : []),
  ];
}

/** Paths of the fields that have no type: the API server refuses a definition with one. */
function untyped(schema: StructuralSchema, path: string): string[] {
  const { type, properties, items, additionalProperties } = schema;
  return [
    ...(type === undefined && schema['x-kubernetes-int-or-string'] !== true ? [path] : []),
    ...Object.entries(properties ?? {}).flatMap(([name, property]) => untyped(property, `${path}.${name}`)),
    ...(items ? untyped(items, `${path}[]`) : []),
    ...(additionalProperties ? untyped(additionalProperties, `${path}{}`) : []),
  ];
}

describe('generated files', () => {
  it.each([...generatedFiles(examples)])('%s is fresh: else run npm run generate', (path, content) => {
    expect(read(path)).toBe(content);
  });

  it('are the only files in crds/, so that applying the folder applies nothing outdated', () => {
    const generated = [...generatedFiles(examples).keys()].filter((path) => path.startsWith('crds/'));
    expect(readdirSync(join(root, 'crds')).map((name) => `crds/${name}`)).toEqual(expect.arrayContaining(generated));
    expect(readdirSync(join(root, 'crds'))).toHaveLength(generated.length);
  });
});

describe.each(KIND_DEFINITIONS.map((definition) => [definition.kind, definition] as const))('the definition of %s', (_kind, definition) => {
  it('fits into the annotation in which kubectl apply stores it', () => {
    expect(Buffer.byteLength(JSON.stringify(customResourceDefinition(definition)))).toBeLessThan(256 * 1024);
  });

  it('describes every field, including those of embedded types', () => {
    expect(undescribed(structuralSchema(definition.spec), 'spec')).toEqual([]);
    expect(undescribed(structuralSchema(definition.status), 'status')).toEqual([]);
  });

  it('has a type for every field', () => {
    expect(untyped(structuralSchema(definition.spec), 'spec')).toEqual([]);
    expect(untyped(structuralSchema(definition.status), 'status')).toEqual([]);
  });

  it('exempts no field from validation and pruning', () => {
    expect(JSON.stringify(customResourceDefinition(definition))).not.toContain('preserve-unknown-fields');
  });
});
