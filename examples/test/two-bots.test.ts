import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IrcPerson, type IrcServer, type NatsServer, eventually, startIrcServer, startNatsServer } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Program, bundleApp } from './program.ts';

const TOKEN = 'examples-token';
const CHANNEL = '#eevee';
const NICKS = ['eevee', 'robin'] as const;

let folder: string;
let irc: IrcServer;
let fox: IrcPerson;
let started: AsyncDisposableStack;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-two-bots-'));
  for (const app of ['router', 'connector-irc', 'help-module']) bundleApp(app, join(folder, `${app}.cjs`));
  bundleApp('echo-module', join(folder, 'echo-module.mjs'));
  writeFileSync(join(folder, 'echo.yaml'), JSON.stringify({ ratelimit: { limit: 0 } }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(async () => {
  started = new AsyncDisposableStack();
  irc = await startIrcServer({ server: 'ngircd' });
  started.defer(() => irc.stop());
  fox = started.use(await irc.person('fox'));
  await fox.join(CHANNEL);
});
afterEach(() => started.disposeAsync());

async function startNats(): Promise<NatsServer> {
  const nats = await startNatsServer({ token: TOKEN });
  started.defer(() => nats.stop());
  return nats;
}

/** Starts router, help and echo on a NATS, and a connector with these nicks, all in one channel. */
async function startBot(nats: NatsServer, nicks: readonly string[]): Promise<void> {
  const env = { NATS_HOST: nats.host, NATS_TOKEN: TOKEN };
  const connections = nicks.map((nick) => ({
    ...{ name: nick, irc: { host: '127.0.0.1', port: irc.port }, ident: { nick }, channels: [CHANNEL], floodControl: false },
    ...{ commands: { commonPrefixRegex: '^!' } },
  }));
  const config = join(folder, `${nicks.join('-')}.yaml`);
  writeFileSync(config, JSON.stringify({ connections }));
  started.use(await Program.start(join(folder, 'router.cjs'), env));
  started.use(await Program.start(join(folder, 'help-module.cjs'), env));
  started.use(await Program.start(join(folder, 'echo-module.mjs'), { ...env, MODULE_CONFIG_PATH: join(folder, 'echo.yaml') }));
  started.use(await Program.start(join(folder, 'connector-irc.cjs'), { ...env, MODULE_CONFIG_PATH: config }));
  for (const nick of nicks) await fox.seesIn(CHANNEL, nick);
}

const heard = (): string[][] => NICKS.map((nick) => [...fox.heardFrom(nick)]);

/** Sends a line, and waits until each bot has sent the given number of lines in total. */
async function says(text: string, total: number): Promise<void> {
  fox.says(CHANNEL, text);
  await eventually(() => heard().every((lines) => lines.length >= total), { what: `${total} lines of each bot after ${text}` });
}

/** A conversation with two bots in one channel. @returns the lines of each. */
async function conversation(): Promise<string[][]> {
  await says('!echo hi', 1);
  // Each repeats a command, and answers that of the other one.
  await says('!echo !echo deep', 3);
  await says('bots', 4);
  fox.says(CHANNEL, 'robin: echo only robin');
  fox.says(CHANNEL, 'eevee: echo only eevee');
  await says('!echo last', 6);
  return heard();
}

const linesOf = (nick: string): unknown[] => [
  ...['hi', '!echo deep', 'deep', expect.stringContaining('I am an eevee bot')],
  ...[`only ${nick}`, 'last'],
];

it("two bots of one router in one channel answer each line once, and none of the bots' lines", async () => {
  await startBot(await startNats(), NICKS);
  expect(await conversation()).toEqual(NICKS.map(linesOf));
});

it("two bots with a NATS each in one channel answer each line once, and none of the bots' lines", async () => {
  for (const nick of NICKS) await startBot(await startNats(), [nick]);
  expect(await conversation()).toEqual(NICKS.map(linesOf));
});
