import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type NatsServer, freePort, startNatsServer } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ChildModule, killChildModules } from './child-module.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGES = join(ROOT, 'docs/module');
const TOKEN = 'docs-token';

let folder: string;
let server: NatsServer;

/** Code blocks of a page by file: the first line of each names its file. */
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
  // Inside the repository, where its packages can be resolved.
  folder = mkdtempSync(join(ROOT, '.test-results', 'docs-'));
});

afterEach(async () => {
  await killChildModules();
  rmSync(folder, { recursive: true, force: true });
});

const pages = readdirSync(PAGES).filter((name) => name.endsWith('.md'));
const program = (command: string): string => join(ROOT, 'node_modules/.bin', command);

/** Writes the code of each page into a separate folder. */
function writePages(): void {
  for (const page of pages) {
    const module = join(folder, page.replace(/\.md$/, ''));
    for (const [path, code] of filesOf(readFileSync(join(PAGES, page), 'utf8'))) {
      mkdirSync(dirname(join(module, path)), { recursive: true });
      writeFileSync(join(module, path), code);
      writeFileSync(join(module, 'package.json'), JSON.stringify({ type: 'module', version: '1.0.0' }));
    }
  }
}

it.each(pages)('%s names the file of every code block', (page) => {
  const text = readFileSync(join(PAGES, page), 'utf8');
  expect([...text.matchAll(/```ts\n/g)]).toHaveLength([...text.matchAll(/```ts\n\/\/ src\//g)].length);
});

it('shows code that compiles, and tests that pass', async () => {
  writePages();
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.base.json', include: ['*/src'] }));
  const conditions = JSON.stringify(['@eeveebot/source', 'node']);
  // Without a cache: it would be that of the vitest that runs this test, which a vitest of another folder empties.
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `export default { resolve: { conditions: ${conditions} }, ssr: { resolve: { conditions: ${conditions}, externalConditions: ${conditions} } }, test: { fsModuleCache: false } };`,
  );
  await run(process.execPath, [program('tsc'), '-p', '.'], { cwd: folder });
  const env = { ...process.env, NATS_HOST: server.host, NATS_TOKEN: TOKEN, NO_COLOR: '1', VITEST: '' };
  const { stdout } = await run(process.execPath, [program('vitest'), 'run'], { cwd: folder, env });
  const tests = pages.flatMap((page) => [...readFileSync(join(PAGES, page), 'utf8').matchAll(/^it\(/gm)]);
  expect(tests.length).toBeGreaterThan(0);
  expect(stdout).toMatch(new RegExp(String.raw`Tests\s+${tests.length} passed`));
});

it.each(pages.filter((page) => filesOf(readFileSync(join(PAGES, page), 'utf8')).has('src/main.ts')))(
  '%s shows a module that starts and stops',
  async (page) => {
    const code = filesOf(readFileSync(join(PAGES, page), 'utf8')).get('src/main.ts') ?? '';
    const module = new ChildModule(code, { NATS_HOST: server.host, NATS_TOKEN: TOKEN, HTTP_API_PORT: String(await freePort()) });
    await module.says('"ready"');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
  },
);
