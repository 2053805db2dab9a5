import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type IrcPerson,
  type IrcServer,
  type NatsServer,
  PackedPackages,
  eventually,
  startIrcServer,
  startNatsServer,
} from '@eeveebot/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Program, bundleApp } from './program.ts';

const run = promisify(execFile);

const EXAMPLES = fileURLToPath(new URL('../modules/', import.meta.url));
const TOKEN = 'examples-token';

let packed: PackedPackages;
let folder: string;
let nats: NatsServer;
let irc: IrcServer;
let fox: IrcPerson;
const programs = new AsyncDisposableStack();

/** Environment that the operator sets. */
const env = (): Record<string, string> => ({ NATS_HOST: nats.host, NATS_TOKEN: TOKEN });

beforeAll(async () => {
  packed = await PackedPackages.build();
  folder = mkdtempSync(join(tmpdir(), 'eevee-examples-'));
  nats = await startNatsServer({ token: TOKEN });
  irc = await startIrcServer({ server: 'ngircd' });
  for (const app of ['router', 'connector-irc']) bundleApp(app, join(folder, `${app}.cjs`));
  programs.use(await Program.start(join(folder, 'router.cjs'), env()));
  const connection = {
    name: 'main',
    irc: { host: '127.0.0.1', port: irc.port },
    ident: { nick: 'eevee', username: 'eevee', gecos: 'eevee', version: 'eevee', quitMsg: 'bye' },
    channels: ['#eevee'],
    floodControl: false,
    commands: { commonPrefixRegex: '^!' },
  };
  writeFileSync(join(folder, 'connector.yaml'), JSON.stringify({ connections: [connection] }));
  fox = await irc.person('fox');
  await fox.join('#eevee');
  programs.use(await Program.start(join(folder, 'connector-irc.cjs'), { ...env(), MODULE_CONFIG_PATH: join(folder, 'connector.yaml') }));
  await fox.sees({ kind: 'join', nick: 'eevee' });
});

afterAll(async () => {
  await programs.disposeAsync();
  await fox?.[Symbol.asyncDispose]();
  await irc?.stop();
  await nats?.stop();
  packed?.[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** An example as on its author's machine, with libeevee from its tarball: runs its tests and builds it. @returns the built file. */
async function built(name: string): Promise<string> {
  const home = join(packed.folder, 'examples', name);
  cpSync(join(EXAMPLES, name), home, { recursive: true, filter: (path) => !/\/(?:node_modules|dist)$/.test(path) });
  await packed.install('libeevee', home);
  const environment = { ...process.env, NODE_OPTIONS: '', VITEST: '', NO_COLOR: '1' };
  const { stdout } = await run('npm', ['test'], { cwd: home, env: environment });
  expect(stdout).toMatch(/Tests\s+[34] passed/);
  await run('npm', ['run', 'build'], { cwd: home, env: environment });
  return join(home, 'dist', `${name}.mjs`);
}

/** Sends a line, and waits for the answer of the bot. */
async function asks(text: string, answer: string): Promise<void> {
  fox.says('#eevee', text);
  await fox.sees({ kind: 'message', nick: 'eevee', text: answer });
}

it('reminders reminds on IRC, also after it was killed', async () => {
  const file = await built('reminders');
  const volume = join(folder, 'reminders');
  mkdirSync(volume);
  const environment = { ...env(), MODULE_DATA: volume };
  const killed = programs.use(await Program.start(file, environment));
  await asks('!remind 1s the tea is ready', 'fox: I will remind you');
  await fox.sees({ kind: 'message', nick: 'eevee', text: 'fox: the tea is ready' });
  fox.says('#eevee', '!remind 3s the milk is cold');
  await eventually(() => fox.transcript.filter(({ text }) => text === 'fox: I will remind you').length === 2, {
    what: 'the second reminder to be accepted',
  });
  await killed.kill();
  programs.use(await Program.start(file, environment));
  await fox.sees({ kind: 'message', nick: 'eevee', text: 'fox: the milk is cold' });
});

it('karma counts votes on IRC', async () => {
  programs.use(await Program.start(await built('karma'), { ...env(), MODULE_DATA: folder }));
  fox.says('#eevee', 'thanks owl++');
  await asks('!karma owl', 'owl has 1 karma');
});

it('weather reports the answer of its service on IRC, and applies changes of its configuration', async () => {
  const file = await built('weather');
  const service = createServer((_request, response) => void response.end(JSON.stringify({ city: 'Oslo', celsius: 20 })));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const config = join(folder, 'weather.yaml');
  const configure = (unit: string): void =>
    writeFileSync(config, `service: http://127.0.0.1:${(service.address() as AddressInfo).port}/\nunit: ${unit}\n`);
  configure('C');
  try {
    await using module = await Program.start(file, { ...env(), MODULE_CONFIG_PATH: config, WEATHER_API_KEY: 'secret' });
    await asks('!weather Oslo', 'Oslo: 20 °C');
    configure('F');
    await module.logs('configuration changed');
    await asks('!weather Oslo', 'Oslo: 68 °F');
  } finally {
    service.close();
  }
});
