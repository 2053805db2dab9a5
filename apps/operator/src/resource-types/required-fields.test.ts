import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { REQUIRED_FIELDS, type RequiredFields, withRequiredFields } from './required-fields.ts';

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Definition {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
}

const specOf = (kind: string): Schema | undefined => {
  const file = new URL(`../../../../crds/${kind.toLowerCase()}s.yaml`, import.meta.url);
  const definition = parse(readFileSync(file, 'utf8')) as Definition;
  return definition.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'];
};

/** Paths of the required fields of a schema. */
const requiredPaths = ({ required = [], properties = {} }: Schema, path = ''): readonly string[] =>
  required.flatMap((name) => [`${path}${name}`, ...requiredPaths(properties[name] ?? {}, `${path}${name}.`)]);

/** Paths of the fields of a value. */
const paths = (value: unknown, path = ''): readonly string[] =>
  Object.entries(value ?? {}).flatMap(([name, inner]) => [
    `${path}${name}`,
    ...(typeof inner === 'object' ? paths(inner, `${path}${name}.`) : []),
  ]);

it.each(Object.entries<RequiredFields>(REQUIRED_FIELDS))(
  'a %s without a spec gets every field that its definition requires',
  (kind, fields) => {
    expect(paths(withRequiredFields(undefined, fields)).toSorted()).toEqual(requiredPaths(specOf(kind) ?? {}).toSorted());
  },
);

it('keeps fields that exist, and completes optional objects only if they exist', () => {
  const fields = REQUIRED_FIELDS.BotModule;
  expect(withRequiredFields({ image: 'a', size: 2, bootstrapFromBackup: {} }, fields)).toEqual({
    ...{ image: 'a', size: 2, moduleName: '' },
    bootstrapFromBackup: { s3Store: { name: '' } },
  });
});

it('returns a complete spec itself', () => {
  const spec = { botModule: { name: 'echo' }, s3Store: { name: 'store' } };
  expect(withRequiredFields(spec, REQUIRED_FIELDS.BackupRestore)).toBe(spec);
});
