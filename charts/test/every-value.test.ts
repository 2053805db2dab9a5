import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../generate/json-schema.ts';
import { ROOT } from '../generate/sources.ts';
import { EVERY_VALUE } from './every-value.ts';

/** Fields of Kubernetes and of eevee's kinds that charts pass on; each is used, but not with all that it may contain. */
const PASSED_ON: ReadonlySet<string> = new Set([
  ...['spec', 'affinity', 'topologySpreadConstraints', 'tolerations', 'strategy', 'resources', 'imagePullSecrets'],
  ...['podSecurityContext', 'containerSecurityContext'],
]);

/** Values of former releases without any effect. */
const UNUSED: ReadonlySet<string> = new Set(['/eeveeCrdJob', '/serviceAccount']);

/** Paths of a schema that the values do not use. */
function unusedPaths(schema: JsonSchema, values: unknown, path = ''): readonly string[] {
  const { definitions = {} } = schema;
  const within = ({ $ref, ...part }: JsonSchema): JsonSchema => ({
    ...($ref === undefined ? part : definitions[$ref.slice('#/definitions/'.length)]),
    definitions,
  });
  if (values === undefined) return [path];
  if (schema.items !== undefined && Array.isArray(values))
    return unusedPaths(within(schema.items), Object.assign({}, ...(values as object[])), `${path}/0`);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const value = (values as Readonly<Record<string, unknown>>)[name];
    return PASSED_ON.has(name) && value !== undefined ? [] : unusedPaths(within(field), value, `${path}/${name}`);
  });
}

describe('the values of the sweep', () => {
  it.each(['crds', 'operator', 'bot'] as const)('use every value of chart %s', (chart) => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'charts', chart, 'values.schema.json'), 'utf8')) as JsonSchema;
    const unused = unusedPaths(schema, EVERY_VALUE[chart]);
    expect(unused.filter((path) => chart !== 'crds' || !UNUSED.has(path))).toEqual([]);
  });
});
