import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type NatsServer,
  OLDER_NODES,
  OutsideProject,
  PackedPackages,
  eventually,
  freePort,
  olderNode,
  olderNodesObstacle,
  startNatsServer,
} from '@eeveebot/testing';
import { type Msg, type NatsConnection, connect } from 'nats';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

const TYPESCRIPT = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url));
const FIXTURE = fileURLToPath(new URL('published/', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BLOB = 'https://github.com/eeveebot/eevee/blob/main/';
const PUBLISHED = ['contract', 'libeevee', 'create-module', 'cli'] as const;
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const TOKEN = 'published-token';
const PLACE = { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee' };

let packed: PackedPackages;
let project: OutsideProject;
let server: NatsServer;
let router: NatsConnection;

beforeAll(async () => {
  packed = await PackedPackages.build();
  project = await OutsideProject.make(packed, { packages: ['libeevee'], tools: ['@types/node'] });
  cpSync(FIXTURE, project.folder, { recursive: true });
  const [, byHand] = [...README.matchAll(/```ts\n([^]*?)```/g)].map(([, code = '']) => code);
  writeFileSync(join(project.folder, 'by-hand.ts'), byHand ?? '');
  await compile(project.folder);
  server = await startNatsServer({ token: TOKEN });
  router = await connect({ servers: server.host, token: TOKEN });
});

afterAll(async () => {
  await router?.close();
  await server?.stop();
  project?.[Symbol.dispose]();
  packed?.[Symbol.dispose]();
});

/** Runs the compiler, which reports errors on standard output. */
async function compile(cwd: string): Promise<void> {
  const compiler = spawn(TYPESCRIPT, ['-p', '.'], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  compiler.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(compiler, 'close')) as [number];
  expect({ code, said }).toEqual({ code: 0, said: '' });
}

it('covers all published packages', () => {
  const folders = readdirSync(PACKAGES).filter((name) => {
    const manifest = JSON.parse(readFileSync(join(PACKAGES, name, 'package.json'), 'utf8')) as { private?: boolean };
    return manifest.private !== true;
  });
  expect(folders.toSorted()).toEqual(PUBLISHED.toSorted());
});

describe.each(PUBLISHED)('the tarball of %s', (name) => {
  it('passes publint', async () => {
    const tarball = readFileSync(await packed.tarball(name));
    const { messages } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages).toEqual([]);
  });

  it('is public, and names its license and repository', async () => {
    const folder = await packed.install(name, join(packed.folder, 'looked-at'));
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      publishConfig: { access: 'public' },
      license: 'CC-BY-NC-SA-4.0',
      repository: { type: 'git', url: 'git+https://github.com/eeveebot/eevee.git', directory: `packages/${name}` },
      engines: { node: expect.stringMatching(/^>=2[02](\.\d+)?$/) },
    });
    expect(manifest).not.toHaveProperty('private');
  });

  it('contains no tests', async () => {
    const folder = await packed.install(name, join(packed.folder, 'looked-at'));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(files).toContain('package.json');
    expect(files.filter((path) => /\.test\.|^test(\/|$)|node_modules/.test(path))).toEqual([]);
  });
});

describe('the tarball of libeevee', () => {
  const inPackage = (path: string): string => join(project.folder, 'node_modules/@eeveebot/libeevee', path);

  it('needs no other package of this repository, and allows compatible updates of its libraries', async () => {
    const { dependencies } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as { dependencies: Record<string, string> };
    expect(Object.keys(dependencies).filter((name) => name.startsWith('@eeveebot/'))).toEqual([]);
    expect(Object.values(dependencies).filter((range) => !range.startsWith('^'))).toEqual([]);
    expect(readdirSync(join(project.folder, 'node_modules/@eeveebot'))).toEqual(['libeevee']);
    const built = readdirSync(inPackage('dist'), { recursive: true, encoding: 'utf8' }).filter((path) => /\.(js|d\.ts)$/.test(path));
    expect(built.filter((path) => /from ['"]@eeveebot\//.test(readFileSync(inPackage(join('dist', path)), 'utf8')))).toEqual([]);
    // npm reports it itself: all dependencies are installed, in suitable versions.
    const manifest = { name: 'outside', private: true, type: 'module', dependencies: { '@eeveebot/libeevee': '*', '@types/node': '*' } };
    writeFileSync(join(project.folder, 'package.json'), JSON.stringify(manifest));
    const { stdout } = await run('npm', ['ls', '--all', '--json', '--offline'], { cwd: project.folder });
    expect(JSON.parse(stdout)).not.toHaveProperty('problems');
  });

  it('contains the license, and the pages that its README links to', () => {
    expect(readFileSync(inPackage('LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
    expect(readdirSync(inPackage('docs')).toSorted()).toEqual(readdirSync(join(ROOT, 'docs/module')).toSorted());
  });
});

describe.each(['libeevee', 'create-module', 'cli'])('the README of %s', (name) => {
  it('has links that also work on npm', () => {
    const readme = readFileSync(join(PACKAGES, name, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !/^(https:\/\/|#)/.test(link))).toEqual([]);
    const ours = links.flatMap((link) => (link.startsWith(BLOB) ? [link.slice(BLOB.length).replace(/#.*/, '')] : []));
    expect(ours).not.toEqual([]);
    expect(ours.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

const nodes: readonly (readonly [string, () => string])[] = [
  ...OLDER_NODES.map((major) => [String(major), () => olderNode(major)] as const),
  ['26', () => process.execPath],
];

describe.each(nodes)('a project that installs it from npm, compiled with strict and nodenext, on Node.js %s', (version, node) => {
  const skip = version !== '26' && olderNodesObstacle() !== undefined;

  it.skipIf(skip)('tests its module as a conversation', async () => {
    const { stdout } = await run(node(), ['dist/conversation.js'], { cwd: project.folder, env: {} });
    expect(JSON.parse(stdout)).toEqual({ node: expect.stringMatching(new RegExp(`^v${version}\\.`)), answers: ['HELLO?'] });
  });

  it.skipIf(skip).each([
    ['made with defineModule', 'main', 'shout', 'HELLO!'],
    ['made by hand, as the README has it', 'by-hand', 'hello', 'Hello, hello!'],
  ])('runs a module %s', async (_way, file, command, answer) => {
    const registered: { commandUUID: string; commandDisplayName: string }[] = [];
    const said: unknown[] = [];
    const subscriptions = [
      router.subscribe('command.register', { callback: (_error, msg: Msg) => void registered.push(msg.json()) }),
      router.subscribe('chat.message.outgoing.>', { callback: (_error, msg: Msg) => void said.push(msg.json()) }),
    ];
    await router.flush();
    const module = spawn(node(), [`dist/${file}.js`], {
      cwd: project.folder,
      env: { NODE_ENV: 'production', NATS_HOST: server.host, NATS_TOKEN: TOKEN, HTTP_API_PORT: String(await freePort()) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = collected(module);
    const exited = once(module, 'close');
    try {
      await untilOrEnd(module, () => log.text.includes('"ready"'));
      expect(module.exitCode, log.text).toBeNull();
      // Written and published independently: either may arrive first.
      await untilOrEnd(module, () => registered.length > 0);
      expect(registered).toMatchObject([{ commandDisplayName: command }]);
      const call = { ...PLACE, text: 'hello', trace: 't' };
      router.publish(`command.execute.${registered[0]?.commandUUID}`, JSON.stringify(call));
      await untilOrEnd(module, () => said.length > 0);
      expect(said).toEqual([{ ...call, text: answer, type: 'message.outgoing' }]);
      module.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      for (const subscription of subscriptions) subscription.unsubscribe();
      module.kill('SIGKILL');
      await exited;
    }
  });
});

it('a module written against the types of 4.3 compiles and runs', async () => {
  const module = spawn(process.execPath, ['dist/former.js'], {
    cwd: project.folder,
    env: { NODE_ENV: 'production', NATS_HOST: server.host, NATS_TOKEN: TOKEN },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = collected(module);
  const exited = once(module, 'close');
  try {
    await untilOrEnd(module, () => log.text.includes('"ready"'));
    expect(module.exitCode, log.text).toBeNull();
    const ready = log.text.split('\n').find((line) => line.includes('"ready"')) ?? '';
    expect(JSON.parse(ready)).toMatchObject({
      subjects: [
        'command.execute.former',
        'control.registerCommands',
        'control.registerCommands.former',
        'stats.uptime',
        'stats.emit.request',
      ],
      before: 'info',
      now: 'info',
    });
    expect(log.text).not.toContain('not written');
    module.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  } finally {
    module.kill('SIGKILL');
    await exited;
  }
});

/** Collects both outputs. */
function collected(child: ChildProcess): { text: string } {
  const log = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (log.text += text));
  return log;
}

/** Waits for a condition; fails when the module exits first. */
async function untilOrEnd(module: ChildProcess, look: () => boolean): Promise<void> {
  await eventually(() => look() || module.exitCode !== null || module.signalCode !== null);
}
