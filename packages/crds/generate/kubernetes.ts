/** Writes src/generated/ from the OpenAPI documents of a real API server at the pinned version. */
import { startControlPlane } from '@eeveebot/testing';
import { writeFile } from 'node:fs/promises';
import { embeddedTypes, type OpenApiDocument } from './embedded-types.ts';

await using controlPlane = await startControlPlane({ controllerManager: false });
const raw = async (path: string): Promise<unknown> => JSON.parse(await controlPlane.kubectl(['get', '--raw', path]));
const documents = (await Promise.all(['/openapi/v3/api/v1', '/openapi/v3/apis/apps/v1'].map(raw))) as OpenApiDocument[];
const { gitVersion } = (await raw('/version')) as { gitVersion: string };
const { schemas, types } = embeddedTypes(documents, gitVersion);
const generated = new URL('../src/generated/', import.meta.url);
await writeFile(new URL('kubernetes-schemas.ts', generated), schemas);
await writeFile(new URL('kubernetes-types.ts', generated), types);
console.log(`src/generated/ holds the types of Kubernetes ${gitVersion}`);
