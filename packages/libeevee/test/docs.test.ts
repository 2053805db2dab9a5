import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type NatsServer, startNatsServer } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TOKEN = 'docs-token';

let folder: string;
let server: NatsServer;

/** What a page's blocks are, file by file: each says in its first line which file it belongs to. */
function filesOf(page: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const [, path = '', code = ''] of page.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g))
    files.set(path, `${files.get(path) ?? ''}${code}`);
  return files;
}

beforeAll(async () => {
  server = await startNatsServer({ token: TOKEN });
});

afterAll(() => server.stop());

beforeEach(() => {
  mkdirSync(join(ROOT, '.test-results'), { recursive: true });
  // Inside the repository, where its packages are found.
  folder = mkdtempSync(join(ROOT, '.test-results', 'docs-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each(['docs/module/testing.md', 'docs/module/make-one.md'])('%s shows code that compiles, and tests that pass', async (name) => {
  const page = readFileSync(join(ROOT, name), 'utf8');
  const files = filesOf(page);
  expect([...page.matchAll(/```ts\n/g)]).toHaveLength([...page.matchAll(/```ts\n\/\/ src\//g)].length);
  for (const [path, code] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', version: '1.0.0' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.base.json', include: ['src'] }));
  const conditions = JSON.stringify(['@eeveebot/source', 'node']);
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `export default { resolve: { conditions: ${conditions} }, ssr: { resolve: { conditions: ${conditions}, externalConditions: ${conditions} } } };`,
  );
  const program = (command: string): string => join(ROOT, 'node_modules/.bin', command);
  await run(process.execPath, [program('tsc'), '-p', '.'], { cwd: folder });
  const env = { ...process.env, NATS_HOST: server.host, NATS_TOKEN: TOKEN, NO_COLOR: '1', VITEST: '' };
  const { stdout } = await run(process.execPath, [program('vitest'), 'run'], { cwd: folder, env });
  expect(stdout).toMatch(new RegExp(String.raw`Tests\s+${[...page.matchAll(/^it\(/gm)].length} passed`));
});
