import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { type NatsConnection, connect } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const TOKEN = 'create-token';

let packed: PackedPackages;
let program: string;

beforeAll(async () => {
  packed = await PackedPackages.build();
  program = join(await packed.install('create-module', join(packed.folder, 'tool')), 'dist/main.js');
});

afterAll(() => packed[Symbol.dispose]());

/** Result of the program. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function create(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd: packed.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...text };
}

describe('create-module', () => {
  it('shows its usage', async () => {
    expect(await create('--help')).toEqual({ code: 0, stdout: expect.stringContaining('npm create @eeveebot/module FOLDER'), stderr: '' });
    expect(await create()).toEqual({ code: 64, stdout: '', stderr: expect.stringContaining('the folder is missing') });
    expect(await create('a', 'b')).toEqual({ code: 64, stdout: '', stderr: expect.stringContaining('only one folder is allowed') });
    expect(await create('--fast')).toEqual({ code: 64, stdout: '', stderr: expect.stringContaining("'--fast'") });
  });

  it('explains why a name is invalid, and suggests a valid one', async () => {
    expect(await create('My Bot')).toEqual({ code: 64, stdout: '', stderr: expect.stringContaining('Try my-bot.') });
    expect(readdirSync(packed.folder)).not.toContain('My Bot');
  });

  it('does not change a folder that is not empty', async () => {
    const folder = join(packed.folder, 'taken');
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine'), '');
    expect(await create('taken')).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('not empty') });
    expect(readdirSync(folder)).toEqual(['mine']);
  });

  it('creates a module in the clone of an empty repository, and in a folder with a space in its path', async () => {
    mkdirSync(join(packed.folder, 'a folder/cloned/.git'), { recursive: true });
    expect(await create('a folder/cloned')).toEqual({ code: 0, stdout: expect.stringContaining('cd "a folder/cloned"'), stderr: '' });
    expect(readdirSync(join(packed.folder, 'a folder/cloned'))).toEqual(expect.arrayContaining(['.git', 'package.json', 'src']));
  });

  it('gives each module a UUID of its own', async () => {
    for (const name of ['one', 'two']) expect((await create(name)).code).toBe(0);
    const [one, two] = ['one', 'two'].map(
      (name) => /commandUUID: '([-0-9a-f]{36})'/.exec(readFileSync(join(packed.folder, name, 'src', `${name}.ts`), 'utf8'))?.[1],
    );
    expect(one).toMatch(/^[-0-9a-f]{36}$/);
    expect(one).not.toBe(two);
  });
});

const nodes: readonly (readonly [string, () => string])[] = [
  ...OLDER_NODES.map((major) => [String(major), () => olderNode(major)] as const),
  ['26', () => process.execPath],
];

describe.each(nodes)('create-module from npm, in a project without other packages, on Node.js %s', (version, node) => {
  const skip = version !== '26' && olderNodesObstacle() !== undefined;

  it.skipIf(skip)('creates a module', async () => {
    using project = await OutsideProject.make(packed, { packages: ['create-module'] });
    const { stdout } = await run(node(), ['node_modules/@eeveebot/create-module/dist/main.js', 'my-bot'], { cwd: project.folder, env: {} });
    expect(stdout).toContain('cd my-bot');
    const files = readdirSync(join(project.folder, 'my-bot'), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(expect.arrayContaining(['package.json', 'src/main.ts', 'src/my-bot.ts', 'src/my-bot.test.ts', 'Dockerfile']));
  });
});

describe('a created module', () => {
  let server: NatsServer;
  let router: NatsConnection;
  let module: ChildProcess | undefined;

  beforeEach(async () => {
    server = await startNatsServer({ token: TOKEN });
    router = await connect({ servers: server.host, token: TOKEN });
  });

  afterEach(async () => {
    module?.kill('SIGKILL');
    await router.close();
    await server.stop();
  });

  it('builds, passes its tests, and answers on a NATS server', async () => {
    expect(await create('bots/my-bot')).toEqual({ code: 0, stdout: expect.stringContaining('cd bots/my-bot'), stderr: '' });
    const folder = join(packed.folder, 'bots/my-bot');
    await packed.install('libeevee', folder);
    const environment = { ...process.env, NODE_OPTIONS: '', VITEST: '', NO_COLOR: '1' };
    const { stdout } = await run('npm', ['test'], { cwd: folder, env: environment });
    expect(stdout).toMatch(/Tests\s+6 passed/);
    await run('npm', ['run', 'build'], { cwd: folder, env: environment });

    const registered: { commandUUID: string; regex: string }[] = [];
    const said: unknown[] = [];
    router.subscribe('command.register', { callback: (_error, msg) => void registered.push(msg.json()) });
    router.subscribe('chat.message.outgoing.>', { callback: (_error, msg) => void said.push(msg.json()) });
    await router.flush();
    module = spawn(process.execPath, ['dist/my-bot.mjs'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], NATS_HOST: server.host, NATS_TOKEN: TOKEN, HTTP_API_PORT: String(await freePort()) },
      stdio: 'ignore',
    });
    await eventually(() => registered.length > 0);
    expect(registered).toMatchObject([{ commandDisplayName: 'my-bot', regex: String.raw`^my-bot\s+` }]);
    const place = { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee' };
    router.publish(`command.execute.${registered[0]?.commandUUID}`, JSON.stringify({ ...place, text: 'hello', trace: 't-1' }));
    await eventually(() => said.length > 0);
    expect(said).toEqual([{ ...place, text: 'hello', trace: 't-1', type: 'message.outgoing' }]);
    const ended = once(module, 'exit');
    module.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
