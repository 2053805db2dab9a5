import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { embeddedTypes, type OpenApiDocument } from '../generate/embedded-types.ts';
import { startCluster } from './cluster.ts';
import { output } from './kubectl.ts';

const committed = (name: string): Promise<string> => readFile(new URL(`../src/generated/${name}`, import.meta.url), 'utf8');

it("has the embedded types from the API server's own documents: else run npm run generate:kubernetes -w packages/crds", async () => {
  await using cluster = await startCluster();
  const raw = async (path: string): Promise<unknown> => JSON.parse(await output(cluster.kubectl(['get', '--raw', path])));
  const documents = (await Promise.all(['/openapi/v3/api/v1', '/openapi/v3/apis/apps/v1'].map(raw))) as OpenApiDocument[];
  const { gitVersion } = (await raw('/version')) as { gitVersion: string };

  const { schemas, types } = embeddedTypes(documents, gitVersion);
  expect(await committed('kubernetes-schemas.ts')).toBe(schemas);
  expect(await committed('kubernetes-types.ts')).toBe(types);
});
