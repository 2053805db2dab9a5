import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { applicationImage, binary, ServerFolder, startOciRegistry } from '@eeveebot/testing';
import { afterAll, expect, it } from 'vitest';
import { imageLabels } from '../release/image-build.ts';
import { readParts } from '../release/parts.ts';

const run = promisify(execFile);
const NAME = 'router';

const folder = new ServerFolder('release-image');
afterAll(() => folder.remove());

interface ImageConfig {
  readonly config: { readonly Labels: Readonly<Record<string, string>>; readonly User: string };
}

it('pushes an image with its labels, the licenses of its code, and a bill of materials', async () => {
  const part = readParts('.').images.find(({ name }) => name === NAME)!;
  const base = { name: 'node:26.10.0-bookworm-slim', digest: `sha256:${'0'.repeat(64)}` };
  const labels = imageLabels(part, { revision: '0'.repeat(40), created: new Date(0), base });
  await using registry = await startOciRegistry();
  const [layout, root] = [join(folder.path, 'layout'), join(folder.path, 'root')];
  for (const each of [layout, root]) mkdirSync(each);
  await run('tar', ['-xf', await applicationImage(NAME, { name: 'localhost/released-router', labels }), '-C', layout]);
  const reference = `${registry.host}/eeveebot/${NAME}:${part.version}`;
  await run(binary('crane'), ['push', layout, reference]);

  const { config } = JSON.parse((await run(binary('crane'), ['config', reference])).stdout) as ImageConfig;
  expect(config.User).toBe('1000:1000');
  expect(config.Labels).toMatchObject({ ...labels, 'org.opencontainers.image.source': 'https://github.com/eeveebot/eevee' });

  await run(binary('crane'), ['export', reference, join(folder.path, 'files.tar')]);
  await run('tar', ['-xf', join(folder.path, 'files.tar'), '-C', root, 'licenses']);
  const read = (file: string): string => readFileSync(join(root, 'licenses', file), 'utf8');
  expect(read('LICENSE')).toBe(readFileSync('LICENSE', 'utf8'));
  const { components } = JSON.parse(read(`${NAME}.cdx.json`)) as { components: readonly { name: string; version: string }[] };
  expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(['express', 'nats', 'prom-client']));
  for (const { name, version } of components) expect(read(`${NAME}.licenses.txt`)).toContain(`\n${name} ${version} (`);
});
