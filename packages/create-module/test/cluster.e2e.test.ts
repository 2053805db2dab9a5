import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PackedPackages } from '@eeveebot/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

let packed: PackedPackages;

beforeAll(async () => {
  packed = await PackedPackages.build();
});

afterAll(() => packed[Symbol.dispose]());

it('a new module answers in a cluster, beside the modules of the demo', async () => {
  const tool = await packed.install('create-module', join(packed.folder, 'tool'));
  await run(process.execPath, [join(tool, 'dist/main.js'), 'my-bot'], { cwd: packed.folder });
  const folder = join(packed.folder, 'my-bot');
  await packed.install('libeevee', folder);
  await run('npm', ['run', 'build'], { cwd: folder });
  const demo = [
    '--conditions=@eeveebot/source',
    'scripts/demo/main.ts',
    '--once',
    '--module',
    folder,
    '--say',
    '!my-bot hello from a new module',
  ];
  const { stdout } = await run(process.execPath, demo, { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
  expect(stdout).toContain('<eevee> hello from a new module\n');
  expect(stdout).toMatch(/botmodule\S*\/my-bot +True +Ready +my-bot:0\.1\.0/);
});
