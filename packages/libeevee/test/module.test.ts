import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, eventually, freePort, startNatsServer } from '@eeveebot/testing';
import { type Msg, type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { log } from '../src/log/log.ts';
import { register } from '../src/metrics/registry.ts';
import type { CommandContext } from '../src/module/contexts.ts';
import type { ModuleDefinition } from '../src/module/definition.ts';
import { ModuleRun } from '../src/module/module-run.ts';
import { NatsClient } from '../src/nats/client.ts';
import { ChildModule, killChildModules } from './child-module.ts';

const TOKEN = 'module-token';
const place = { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', user: 'fox' };

let server: NatsServer;
let router: NatsConnection;
let registered: Record<string, unknown>[];
let said: Record<string, unknown>[];
let clients: NatsClient[];

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  server = await startNatsServer({ token: TOKEN });
  router = await connect({ servers: server.host, token: TOKEN });
  [registered, said, clients] = [[], [], []];
  const keep = (subject: string, into: Record<string, unknown>[]): unknown =>
    router.subscribe(subject, { callback: (_error, msg: Msg) => void into.push(msg.json()) });
  keep('command.register', registered);
  keep('chat.*.outgoing.>', said);
  await router.flush();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await killChildModules();
  for (const client of clients) await client.close();
  await router.close();
  await server.stop();
});

const texts = (): unknown[] => said.map(({ text }) => text);

/** Runs a module with one command, `c-1`, in this process. */
async function run<Config>(
  definition: Partial<ModuleDefinition<Config>> & { handle?: (ctx: CommandContext<Config>) => unknown },
  config: Config,
): Promise<ModuleRun<Config>> {
  const nats = new NatsClient({ natsHost: server.host, natsToken: TOKEN, name: 'module' });
  clients.push(nats);
  await nats.connect();
  const { handle = () => {}, ...rest } = definition;
  const commands = [{ commandUUID: 'c-1', commandDisplayName: 'test', regex: '^test', run: handle }];
  const module = new ModuleRun({ name: 'module', version: '1.0.0', commands, ...rest }, { nats, config, startTimeMs: Date.now() });
  await module.start();
  return module;
}

const call = (fields: Record<string, unknown> = {}, uuid = 'c-1'): void =>
  router.publish(`command.execute.${uuid}`, JSON.stringify({ ...place, text: 'hello', trace: 't-1', ...fields }));

/** Waits until all calls so far have been handled, and their answers received. */
async function handled(...modules: { context: { nats: NatsClient }; idle(): Promise<void> }[]): Promise<void> {
  await router.flush();
  for (const { context } of modules) await context.nats.nats?.flush();
  for (const module of modules) await module.idle();
  await router.flush();
}

describe('a command', () => {
  it('gets every field of the call, and answers where it was made', async () => {
    const calls: CommandContext[] = [];
    const module = await run(
      {
        handle: async (ctx) => {
          calls.push(ctx);
          await ctx.reply('said');
          await ctx.action('waves');
        },
      },
      {},
    );
    const given = {
      ...place,
      userHost: 'fox@den',
      text: 'hello 🦊',
      originalText: '!test hello 🦊',
      matchedCommand: 'test',
      matchedText: 'test ',
      timestamp: '2026-01-02T03:04:05.678Z',
      trace: 't-9',
    };
    call(given);
    await handled(module);
    expect(calls).toEqual([expect.objectContaining(given)]);
    const { user: _user, ...where } = place;
    expect(said).toEqual([
      { ...where, text: 'said', trace: 't-9', type: 'message.outgoing' },
      { ...where, text: 'waves', trace: 't-9', type: 'action.outgoing' },
    ]);
  });

  it('gets a trace if none was sent, the same for all its answers', async () => {
    const module = await run({ handle: async ({ reply }) => [await reply('one'), await reply('two')] }, {});
    call({ trace: undefined });
    await handled(module);
    expect(said.map(({ trace }) => trace)).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), said[0]?.['trace']]);
  });

  it.each(['x'.repeat(4096), '', '#', '*.>', '🦊\t'])('gets the text %j unchanged', async (text) => {
    const module = await run({ handle: (ctx) => ctx.reply(ctx.text) }, {});
    call({ text });
    await handled(module);
    expect(texts()).toEqual([text]);
  });

  it('is handled in order within a channel, without delaying other channels', async () => {
    const gate = Promise.withResolvers<void>();
    const module = await run(
      {
        handle: async ({ text, reply }) => {
          if (text === 'slow') await gate.promise;
          await reply(text);
        },
      },
      {},
    );
    call({ text: 'slow' });
    call({ text: 'after' });
    call({ text: 'other', channel: '#other' });
    await eventually(() => texts().length > 0);
    expect(texts()).toEqual(['other']);
    gate.resolve();
    await handled(module);
    expect(texts()).toEqual(['other', 'slow', 'after']);
  });

  it('runs for at most as many channels concurrently as allowed', async () => {
    let [running, most] = [0, 0];
    const module = await run(
      {
        concurrency: 3,
        handle: async ({ reply, text }) => {
          most = Math.max(most, ++running);
          await reply(text);
          running--;
        },
      },
      {},
    );
    for (let channel = 0; channel < 20; channel++) call({ channel: `#${channel}` });
    await handled(module);
    expect([texts().length, most]).toEqual([20, 3]);
  });

  it('is dropped when too many wait, which is logged once and counted', async () => {
    const blocked = Promise.withResolvers<void>();
    const handledTexts: string[] = [];
    const module = await run({ name: 'full', maxPending: 3, handle: async ({ text }) => (handledTexts.push(text), blocked.promise) }, {});
    for (const text of ['1', '2', '3', '4', '5']) call({ text });
    await router.flush();
    await module.context.nats.nats?.flush();
    expect(log.error).toHaveBeenCalledExactlyOnceWith('messages are not handled: too many wait already', { producer: 'full', pending: 3 });
    blocked.resolve();
    await handled(module);
    expect(handledTexts).toEqual(['1', '2', '3']);
    call({ text: '6' });
    await handled(module);
    expect(handledTexts).toEqual(['1', '2', '3', '6']);
    expect(await register.metrics()).toMatch(/errors_total\{module="full",type="overload"[^}]*\} 2/);
  });

  it('that throws or rejects is logged and counted, and affects nothing else', async () => {
    register.resetMetrics();
    const module = await run(
      {
        name: 'counted',
        handle: ({ text, reply }) => {
          if (text === 'throw') throw new Error('on purpose');
          return text === 'reject' ? Promise.reject(new Error('on purpose')) : reply(text);
        },
      },
      {},
    );
    for (const text of ['throw', 'reject', 'fine']) call({ text });
    router.publish('command.execute.c-1', 'not JSON');
    call({ channel: undefined });
    await handled(module);
    expect(texts()).toEqual(['fine']);
    const counts = (await register.metrics())
      .split('\n')
      .filter((line) => /^(commands_total|command_errors|command_duration_seconds_count)/.test(line));
    expect(counts.toSorted()).toEqual([
      'command_duration_seconds_count{module="counted",command="test",result="error"} 2',
      'command_duration_seconds_count{module="counted",command="test",result="success"} 1',
      'command_errors_total{module="counted",type="handler"} 2',
      'command_errors_total{module="counted",type="invalid_command"} 2',
      'commands_total{module="counted",platform="irc",network="libera",channel="#eevee",result="error"} 2',
      'commands_total{module="counted",platform="irc",network="libera",channel="#eevee",result="success"} 1',
    ]);
    expect(log.error).toHaveBeenCalledWith(
      'a command failed',
      expect.objectContaining({ producer: 'counted', command: 'test', trace: 't-1', error: new Error('on purpose') }),
    );
  });

  it('is answered once by two replicas, while both report their stats', async () => {
    const handle = ({ text, reply }: CommandContext): unknown => reply(text);
    const modules = [await run({ handle }, {}), await run({ handle }, {})];
    for (let number = 0; number < 40; number++) call({ text: String(number), channel: `#${number % 4}` });
    await handled(...modules);
    expect(
      texts()
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 40 }, (_, number) => number));
    const stats: unknown[] = [];
    router.subscribe('my.stats', { callback: (_error, msg) => void stats.push(msg.json()) });
    router.publish('stats.uptime', JSON.stringify({ replyChannel: 'my.stats' }));
    await eventually(() => stats.length === 2);
    expect(registered).toHaveLength(2);
  });
});

describe('a broadcast', () => {
  it('is registered, delivered once to two replicas, and answered', async () => {
    const broadcasts = [
      {
        broadcastUUID: 'b-1',
        broadcastDisplayName: 'links',
        messageFilterRegex: 'https?://',
        run: ({ user, text, reply }: CommandContext): unknown => reply(`${user} said ${text}`),
      },
    ];
    const asked: unknown[] = [];
    router.subscribe('broadcast.register', { callback: (_error, msg) => void asked.push(msg.json()) });
    const modules = [await run({ broadcasts }, {}), await run({ broadcasts }, {})];
    router.publish('broadcast.message.b-1', JSON.stringify({ ...place, text: 'https://example.org' }));
    await handled(...modules);
    expect(texts()).toEqual(['fox said https://example.org']);
    expect(asked).toEqual([1, 2].map(() => expect.objectContaining({ broadcastUUID: 'b-1', messageFilterRegex: 'https?://' })));
  });
});

describe('a configuration', () => {
  it('that changes reaches handlers, the router and onConfigChange', async () => {
    const limit = (calls: number) => ({ mode: 'drop' as const, level: 'user' as const, limit: calls, interval: '1m' });
    const changes: unknown[] = [];
    interface Greeting {
      greeting: string;
      calls: number;
    }
    const module = await run<Greeting>(
      {
        commands: [
          {
            commandUUID: 'c-1',
            commandDisplayName: 'test',
            regex: '^test',
            ratelimit: ({ calls }) => limit(calls),
            run: ({ config, reply }) => reply(config.greeting),
          },
        ],
        onConfigChange: ({ config }, previous) => changes.push([previous.greeting, config.greeting]),
      },
      { greeting: 'hi', calls: 1 },
    );
    await module.configure({ greeting: 'hello', calls: 1 });
    call();
    await handled(module);
    expect([texts(), registered.length, changes]).toEqual([['hello'], 1, [['hi', 'hello']]]);
    await module.configure({ greeting: 'hello', calls: 2 });
    await handled(module);
    expect(registered.map(({ ratelimit }) => ratelimit)).toEqual([limit(1), limit(2)]);
  });
});

const DEFINITION = `
import { writeSync } from 'node:fs';
import { defineModule } from './src/index.ts';
const say = (text) => writeSync(1, text + '\\n');
const definition = {
  name: 'child', version: '1.2.3', config: { greeting: 'Hello', ratelimit: { mode: 'drop', level: 'user', limit: 5, interval: '1m' } },
  commands: [{ commandUUID: 'c-1', commandDisplayName: 'hello', regex: '^hello', ratelimit: (config) => config.ratelimit,
    help: { descr: 'Greets', params: [] }, run: ({ text, config, reply }) => reply(config.greeting + ', ' + text) }],
  onStart: ({ config }) => say('started with ' + config.greeting), onStop: () => say('cleaned up'),
};
`;

describe('start()', () => {
  const child = async (code: string, env: Record<string, string> = {}): Promise<ChildModule> =>
    new ChildModule(code, { NATS_HOST: server.host, NATS_TOKEN: TOKEN, HTTP_API_PORT: String(await freePort()), ...env });

  it('starts everything, and stops cleanly on SIGTERM', async () => {
    const help: unknown[] = [];
    router.subscribe('help.update', { callback: (_error, msg) => void help.push(msg.json()) });
    const port = await freePort();
    const module = await child(`${DEFINITION} await defineModule(definition).start();`, { HTTP_API_PORT: String(port) });
    await module.says('"ready"');
    call({ text: 'world' });
    await eventually(() => texts().length > 0);
    expect(texts()).toEqual(['Hello, world']);
    expect(help).toEqual([{ from: 'child', help: [{ command: 'hello', descr: 'Greets', params: [] }] }]);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toMatch(/uptime_seconds\{module="child"\}/);
    expect((await router.request('stats.uptime', '{}')).json()).toMatchObject({ module: 'child', version: '1.2.3' });
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toMatch(/started with Hello[^]*cleaned up/);
  });

  it('names the invalid fields of the configuration, and exits with 1', async () => {
    const module = await child(`${DEFINITION} definition.config = { greeting: 5 > 4, ratelimit: { limit: 'many' } };
      definition.commands[0].ratelimit = ({ ratelimit }) => ratelimit;
      await defineModule(definition).start();`);
    expect(await module.exited).toEqual({ code: 1, signal: null });
    expect(module.output).toContain('rate limit of hello: limit must be a whole number, 0 for no limit');
    expect(module.output).toContain('EEVEE_CONFIG_INVALID');
  });

  it('follows its configuration file, and keeps the last good one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'eevee-module-'));
    try {
      const path = join(folder, 'config.yaml');
      writeFileSync(path, 'greeting: Hi\n');
      const module = await child(`${DEFINITION} await defineModule(definition).start();`, { MODULE_CONFIG_PATH: path });
      await module.says('"ready"');
      writeFileSync(path, 'greeting: 5\n');
      await module.says('greeting: expected a string, found a number');
      call({ text: 'one' });
      await eventually(() => texts().length === 1);
      writeFileSync(path, 'greeting: Hey\nratelimit:\n  limit: 9\n');
      await eventually(() => registered.length === 2);
      call({ text: 'two' });
      await eventually(() => texts().length === 2);
      expect(texts()).toEqual(['Hi, one', 'Hey, two']);
      expect(registered.map(({ ratelimit }) => ratelimit)).toEqual(
        [5, 9].map((limit) => ({ mode: 'drop', level: 'user', limit, interval: '1m' })),
      );
      module.signal('SIGTERM');
      expect(await module.exited).toEqual({ code: 0, signal: null });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('leaves nothing open when it fails and the caller continues', async () => {
    const module = await child(`${DEFINITION} definition.onStart = () => { throw new Error('no database'); };
      await defineModule(definition).start().catch((error) => say('failed: ' + error.message));`);
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toContain('failed: no database');
  });

  it('loses none of 5,000 waiting calls on SIGTERM', async () => {
    const env = { TERMINATION_GRACE_PERIOD_SECONDS: '60' };
    const module = await child(`${DEFINITION} await defineModule(definition).start();`, env);
    await module.says('"ready"');
    for (let number = 0; number < 5_000; number++) call({ text: String(number), channel: `#${number % 50}` });
    await router.flush();
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    await router.flush();
    expect(texts()).toHaveLength(5_000);
  });

  it('does not wait forever for a handler that never ends', async () => {
    const module = await child(`${DEFINITION} definition.commands[0].run = ({ signal }) => {
        signal.addEventListener('abort', () => say('aborted: ' + signal.reason.code)); say('hangs'); return new Promise(() => {}); };
      await defineModule(definition).start();`);
    await module.says('"ready"');
    for (let each = 0; each < 3; each++) call();
    await module.says('hangs');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toMatch(/aborted: EEVEE_MODULE_STOPPED[^]*cleaned up/);
    expect(module.output).toMatch(/"messages":2,"msg":"messages are not handled/);
    expect(module.output.match(/hangs/g)).toHaveLength(1);
  });

  it('is cancelled cleanly on SIGTERM while onStart runs', async () => {
    const module = await child(`${DEFINITION} definition.onStart = async ({ signal }) => { say('starting');
        await new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 50))); say('opened'); };
      await defineModule(definition).start(); say('started');`);
    await module.says('starting');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toMatch(/^(?![^]*(?:started|"level":"error"))[^]*opened[^]*cleaned up/);
  });

  it('fails when NATS does not permit its subscriptions', async () => {
    const nats = new NatsClient({ natsHost: server.host, natsToken: TOKEN, name: 'module' });
    await nats.connect();
    await nats.close();
    const commands = [{ commandUUID: 'c-1', commandDisplayName: 'test', regex: '^test', run: () => {} }];
    const definition = { name: 'module', version: '1.0.0', commands };
    await expect(new ModuleRun(definition, { nats, config: {}, startTimeMs: 0 }).start()).rejects.toMatchObject({
      code: 'EEVEE_NOT_SUBSCRIBED',
      message: expect.stringContaining('command.execute.c-1'),
    });
  });
});
