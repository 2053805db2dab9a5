import { NatsClient } from '@eeveebot/libeevee';
import { Outbox } from '@eeveebot/libeevee/delivery';
import { type NatsServer, eventually, startNatsServer, removeBundle } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Bus } from './bus.ts';
import { RouterProcess, bundleRouter } from './router-process.ts';

const TOKEN = 'router-token';
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => String(from + index));

let bundle: string;
let server: NatsServer;
let bus: Bus;
let nats: NatsClient;
let lines: Outbox;
let lost: number;
const ended: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  bundle = bundleRouter();
});
afterAll(() => removeBundle(bundle));

beforeEach(async () => {
  server = await startNatsServer({ token: TOKEN });
  bus = await Bus.connect(server.host, TOKEN);
  nats = new NatsClient({ natsHost: server.host, natsToken: TOKEN });
  await nats.connect();
  lost = 0;
  lines = new Outbox({ nats, maxAgeMs: 60_000, onLost: (messages) => (lost += messages) });
  await lines.start();
  await nats.subscribe('control.router.peers', (_subject, msg) => {
    const { id, confirms } = msg.json<{ id: string; confirms?: boolean }>();
    lines.announced('lines', confirms === true ? id : undefined);
  });
});
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
  await nats.close();
  await bus[Symbol.asyncDispose]();
  await server.stop();
});

async function startRouter(): Promise<RouterProcess> {
  const router = await RouterProcess.start(bundle, { NATS_HOST: server.host, NATS_TOKEN: TOKEN });
  ended.push(() => router[Symbol.asyncDispose]());
  await router.ready();
  return router;
}

/** Registers the command before any later line on the other connection. */
async function registerEcho(limit: Parameters<Bus['command']>[2] = {}): Promise<void> {
  bus.command('c-echo', String.raw`^echo\s+`, limit);
  await bus.nats.flush();
}

/** Sends a line as the connector does. */
function say(text: string, channel = '#eevee'): void {
  const message = {
    ...{ type: 'chat.message.incoming', platform: 'irc', network: 'irc.example.org', instance: 'main', channel },
    ...{ nick: 'fox', user: '~fox', userHost: 'den.example.org', botNick: 'eevee', commonPrefixRegex: '^!', text },
  };
  lines.send({ lane: 'lines', order: channel, subject: 'chat.message.incoming.irc.main.#eevee.fox', payload: JSON.stringify(message) });
}

const heard = (commandUUID: string, count: number): Promise<unknown[]> =>
  eventually(() => (bus.texts(commandUUID).length >= count ? bus.texts(commandUUID) : null), {
    what: `${count} calls of ${commandUUID}`,
    timeoutMs: 60_000,
  });

it('routes lines that a killed router had not read, once and in order, and counts them once', { repeats: 2 }, async () => {
  const first = await startRouter();
  await registerEcho({ limit: 8, interval: '1h' });
  say('!echo 0');
  await heard('c-echo', 1);
  // It receives lines, but does not read them.
  first.signal('SIGSTOP');
  for (const number of numbers(1, 6)) say(`!echo ${number}`);
  await nats.nats?.flush();
  await first[Symbol.asyncDispose]();
  await startRouter();
  say('!echo 6');
  expect(await heard('c-echo', 7)).toEqual(numbers(0, 7));
  // If a line counted twice, this one would exceed the limit.
  for (const number of numbers(7, 9)) say(`!echo ${number}`);
  await heard('c-echo', 9);
  expect(lost).toBe(0);
});

it('routes the lines of each channel in order while one of two routers is killed', { repeats: 2 }, async () => {
  const first = await startRouter();
  await startRouter();
  await registerEcho();
  const channels = ['#a', '#b', '#c', '#d'];
  say('!echo 0');
  await heard('c-echo', 1);
  first.signal('SIGSTOP');
  // Some go to the router that does not read them.
  for (const number of numbers(1, 9)) for (const channel of channels) say(`!echo ${channel} ${number}`, channel);
  await nats.nats?.flush();
  await first[Symbol.asyncDispose]();
  for (const number of numbers(9, 12)) for (const channel of channels) say(`!echo ${channel} ${number}`, channel);
  const texts = await heard('c-echo', 1 + channels.length * 11);
  for (const channel of channels) {
    expect(texts.filter((text) => String(text).startsWith(channel))).toEqual(numbers(1, 12).map((number) => `${channel} ${number}`));
  }
  expect([texts.length, lost]).toEqual([1 + channels.length * 11, 0]);
});

it('routes lines that were lost with NATS, each once', async () => {
  await startRouter();
  await startRouter();
  await registerEcho();
  for (const number of numbers(0, 20)) say(`!echo ${number}`);
  await heard('c-echo', 20);
  // Some lines and some confirmations of others are lost with the server.
  for (const number of numbers(20, 40)) say(`!echo ${number}`);
  server.pause();
  for (const number of numbers(40, 60)) say(`!echo ${number}`);
  await new Promise(setImmediate);
  await server.kill();
  await server.start();
  await eventually(() => !nats.isClosed() && lines.waiting === 0, { what: 'all lines to be sent', timeoutMs: 60_000 });
  say('!echo last');
  await eventually(() => bus.texts('c-echo').includes('last'), { timeoutMs: 60_000 });
  expect(new Set(bus.texts('c-echo')).size).toBe(bus.texts('c-echo').length);
  expect(lost).toBe(0);
});

/** A connection without the subscriptions to everything of {@link Bus}, which would hide that a module is down. */
async function quietConnection(): Promise<NatsConnection> {
  await bus[Symbol.asyncDispose]();
  const connection = await connect({ servers: server.host, token: TOKEN });
  ended.push(() => connection.close());
  return connection;
}

/** The command of a module that registers whenever a router asks, and that has no subscription yet. */
async function registerAway(): Promise<NatsConnection> {
  const connection = await quietConnection();
  const command = { type: 'command.register', commandUUID: 'c-away', commandDisplayName: 'away', regex: String.raw`^away\s+` };
  const ratelimit = { mode: 'drop', level: 'user', limit: 0, interval: '1m' };
  const register = (): void => connection.publish('command.register', JSON.stringify({ ...command, ratelimit }));
  connection.subscribe('control.registerCommands', { callback: register });
  return connection;
}

it('passes calls for a module that is down to another router when it stops', async () => {
  const connection = await registerAway();
  const routers = [await startRouter(), await startRouter()];
  for (const number of numbers(0, 40)) say(`!away ${number}`, `#channel${number}`);
  await eventually(() => lines.waiting === 0);
  routers[0]?.signal('SIGTERM');
  expect(await routers[0]?.exited).toEqual({ code: 0, signal: null });
  const texts: string[] = [];
  connection.subscribe('command.execute.c-away', { callback: (_error, msg) => void texts.push(msg.json<{ text: string }>().text) });
  await eventually(() => texts.length >= 40, { what: 'the calls' });
  expect(texts.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(0, 40));
});

it('keeps calls for a module that is down, and delivers them in order when it is back', async () => {
  const connection = await registerAway();
  await startRouter();
  for (const number of numbers(0, 5)) say(`!away ${number}`);
  await eventually(() => lines.waiting === 0);
  const texts: string[] = [];
  connection.subscribe('command.execute.c-away', { callback: (_error, msg) => void texts.push(msg.json<{ text: string }>().text) });
  await eventually(() => texts.length === 5, { what: 'the calls' });
  expect(texts).toEqual(numbers(0, 5));
});
