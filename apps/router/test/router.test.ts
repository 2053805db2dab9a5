import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NatsServer, eventually, startTcpProxy } from '@eeveebot/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from './bus.ts';
import { useRouterWorld } from './use-router-world.ts';
import manifest from '../package.json' with { type: 'json' };

const world = useRouterWorld();
const { start, heard, settled } = world;
let bus: Bus;
let server: NatsServer;

beforeEach(() => {
  ({ bus, server } = world);
});

function configFile(text: string): string {
  const path = join(world.folder, 'config.yaml');
  writeFileSync(path, text);
  return path;
}

describe('the router', () => {
  it('asks for registrations, and delivers messages to commands, broadcasts and events', async () => {
    bus.command('c-echo', String.raw`^echo\s+`);
    bus.register('broadcast.register', { broadcastUUID: 'b-1', broadcastDisplayName: 'links', messageFilterRegex: 'https?://' });
    bus.register('event.register', { eventUUID: 'e-1', eventDisplayName: 'seen', eventType: 'part|quit' });
    await start();
    expect(new Set(bus.asked)).toEqual(new Set(['control.registerCommands', 'control.registerBroadcasts', 'control.registerEvents']));
    bus.say('!echo  see https://example.org ');
    const event = {
      eventType: 'quit',
      platform: 'irc',
      network: 'n',
      instance: 'main',
      channel: null,
      nick: 'fox',
      more: { any: 'thing' },
    };
    bus.nats.publish('chat.event.irc.main.quit', JSON.stringify(event));
    bus.nats.publish('chat.event.irc.main.join', JSON.stringify({ ...event, eventType: 'join' }));
    await eventually(() => bus.on('event.message.').length > 0);
    await settled();
    const about = {
      ...{ platform: 'irc', network: 'irc.example.org', instance: 'main', channel: '#eevee', nick: 'fox', user: '~foxident' },
      ...{ userHost: 'den.example.org', botNick: 'eevee', private: false, action: false },
      ...{ timestamp: expect.stringMatching(/^\d{4}-.*Z$/), trace: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    };
    expect(bus.on('command.execute.c-echo').map(({ payload }) => payload)).toEqual([
      {
        ...{ ...about, text: 'see https://example.org', originalText: '!echo  see https://example.org ' },
        ...{ matchedCommand: 'echo  ', matchedText: 'echo  see https://example.org' },
      },
    ]);
    expect(bus.on('broadcast.message.b-1').map(({ payload }) => payload)).toEqual([
      { ...about, text: '!echo  see https://example.org ', call: true },
    ]);
    expect(bus.on('event.message.')).toEqual([{ subject: 'event.message.e-1', payload: event }]);
  });

  it('applies changes of its blocklist, reports invalid entries, and keeps the others', async () => {
    const path = configFile('# nothing yet\n');
    const router = await start({ MODULE_CONFIG_PATH: path });
    bus.command('c-echo', String.raw`^echo\s+`);
    bus.say('!echo spam 1');
    await heard('c-echo', 1);
    configFile('blocklist:\n  - pattern: "("\n  - pattern: spam\n    user: ^fox$\n  - pattern: other\n    enabled: false\n');
    await eventually(() => router.lines.some(({ reason }) => String(reason).startsWith('blocklist[0]: pattern')));
    await eventually(() => router.lines.some(({ msg, entries }) => msg === 'blocklist taken' && entries === 1));
    bus.say('!echo spam 2');
    bus.say('!echo other');
    bus.say('!echo spam 3', { nick: 'owl', user: '~owl' });
    await settled();
    expect(bus.texts('c-echo')).toEqual(['spam 1', 'other', 'spam 3']);
    // The dash of the list item is missing.
    configFile('blocklist:\n  pattern: spam\n');
    await eventually(() => router.lines.some(({ reason }) => reason === 'blocklist is not a list'));
    bus.say('!echo spam 4');
    await settled();
    expect(bus.texts('c-echo')).toEqual(['spam 1', 'other', 'spam 3']);
    expect(router.output).not.toMatch(/spam \d/);
  });

  it.each(['docs/chat/router.md', 'apps/router/README.md'])('accepts the configuration in %s unchanged', async (page) => {
    const [, example = ''] = /```yaml\n(blocklist:.*?)```/s.exec(readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8')) ?? [];
    const router = await start({ MODULE_CONFIG_PATH: configFile(example) });
    expect(router.lines.find(({ msg }) => msg === 'blocklist taken')?.['entries']).toBeGreaterThan(0);
    expect(router.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('refuses invalid registrations with the reason, and counts its decisions', async () => {
    const router = await start();
    bus.command('c-bad', '(');
    // Two modules, one of them a copy of the other.
    for (const commandDisplayName of ['first', 'second']) {
      bus.register('command.register', { commandUUID: 'c-copied', commandDisplayName, regex: '^copied$' });
    }
    expect(await router.logged('a command with another name has the same id')).toMatchObject({ name: 'second', former: 'first' });
    // Replicas and releases of one module, whose registrations may differ.
    for (const regex of ['^one$', '^one$', '^two$']) bus.register('command.register', { commandUUID: 'c-rolled', regex }, 'bot/rolled');
    // A module and its copy, with equal registrations.
    for (const module of ['bot/echo', 'bot/my-echo', 'bot/echo', 'bot/my-echo']) {
      bus.register('command.register', { commandUUID: 'c-both', commandDisplayName: 'echo', regex: '^both$' }, module);
    }
    expect(await router.logged('two modules have a command with the same id')).toMatchObject({
      ...{ name: 'echo', id: 'c-both', module: 'bot/my-echo', otherModule: 'bot/echo' },
    });
    bus.command('c-echo', String.raw`^echo\s+`, { limit: 1 });
    expect((await router.logged('a command is rejected'))['reason']).toMatch(/^regex: /);
    for (const text of ['!echo secret-words', '!echo secret-words', 'secret-words']) bus.say(text);
    bus.nats.publish('chat.message.incoming.irc.main.x.y', 'secret-words {');
    await settled();
    expect(router.lines.filter(({ msg }) => String(msg).startsWith('two modules'))).toHaveLength(1);
    const metrics = await (await router.get('/metrics')).text();
    for (const line of [
      'registrations_total{module="router",type="command",result="refused"} 1',
      'rate_limits_total{module="router",command_uuid="c-echo",action="dropped",mode="drop"} 1',
      'messages_total{module="router",platform="irc",direction="incoming",result="unmatched"} 1',
      'messages_total{module="router",platform="",direction="incoming",result="invalid"} 1',
      'commands_total{module="router",platform="irc",result="executed"} 31',
    ])
      expect(metrics).toContain(line);
    expect(metrics).not.toContain('#eevee');
    expect(router.output).not.toContain('secret-words');
    expect(bus.on('chat.notice.')).toEqual([
      { subject: 'chat.notice.outgoing.irc.main', payload: { target: 'fox', text: expect.stringMatching(/^c-echo can be used once/) } },
    ]);
  });

  it('keeps a command when one of two modules with its id stops, and asks the other one to register again', async () => {
    await start();
    bus.register('command.register', { commandUUID: 'c-both', regex: '^both$' }, 'bot/my-echo');
    bus.register('command.register', { commandUUID: 'c-both', regex: '^both$' }, 'bot/echo');
    await settled();
    const asked = bus.asked.length;
    bus.stopCommand('c-both', 'bot/my-echo');
    await eventually(() => bus.asked.slice(asked).includes('control.registerCommands'), { what: 'the router to ask again' });
    bus.say('!both');
    await heard('c-both', 1);
    bus.stopCommand('c-both', 'bot/echo');
    await settled();
    bus.say('!both');
    await settled();
    expect(bus.texts('c-both')).toHaveLength(1);
  });

  it('answers admin requests and reports its health and metrics', async () => {
    await start();
    bus.command('c-echo', String.raw`^echo\s+`, { limit: 3 });
    bus.say('!echo x');
    await heard('c-echo', 1);
    const ask = { requester: 'cli', trace: 't-9' };
    bus.nats.publish('admin.request.router', JSON.stringify({ action: 'get-ratelimit-stats', ...ask }));
    bus.nats.publish('admin.request.router', JSON.stringify({ action: 'get-command-registry', ...ask }));
    await eventually(() => bus.on('admin.response.').length === 2);
    expect(bus.on('admin.response.')).toEqual([
      {
        subject: 'admin.response.router.ratelimit-stats',
        payload: {
          ...{ action: 'ratelimit-stats', ...ask },
          stats: { 'c-echo:irc:main:~foxident': { count: 1, limit: 3, interval: '1m', commandName: 'c-echo' } },
        },
      },
      {
        subject: 'admin.response.router.command-registry',
        payload: {
          ...{ action: 'command-registry', ...ask },
          registry: [
            expect.objectContaining({ commandUUID: 'c-last' }),
            {
              ...{ commandUUID: 'c-echo', commandDisplayName: 'c-echo', platformRegex: { source: '.*' }, networkRegex: { source: '.*' } },
              ...{ instanceRegex: { source: '.*' }, channelRegex: { source: '.*' }, userRegex: { source: '.*' } },
              ...{ commandRegex: { source: String.raw`^echo\s+` }, platformPrefixAllowed: true, nickPrefixAllowed: true },
              ratelimit: { mode: 'drop', level: 'user', limit: 3, interval: '1m' },
            },
          ],
        },
      },
    ]);
    const stats = await bus.nats.request('stats.uptime', JSON.stringify({}), { timeout: 5_000 });
    expect(stats.json()).toMatchObject({ module: 'router', version: manifest.version });
  });

  it('reports as many commands as fit into one message, and how many it omits', async () => {
    await start();
    const scope = `^${'x'.repeat(1_000)}`;
    const [all, everywhere] = [600, { channel: scope, user: scope }];
    for (let number = 0; number < all; number++) bus.command(`c-${number}`, `^command${number}`, {}, everywhere);
    await settled();
    const request = JSON.stringify({ action: 'get-command-registry', requester: 'admin', trace: 't-1' });
    const report = (await bus.nats.request('admin.request.router', request, { timeout: 5_000 })).json<Record<string, unknown>>();
    const registry = report['registry'] as { commandUUID: string }[];
    expect(registry.slice(0, 2).map(({ commandUUID }) => commandUUID)).toEqual(['c-last', 'c-0']);
    expect(registry.length).toBeGreaterThan(400);
    // The command that each test has comes on top.
    expect(report).toMatchObject({ trace: 't-1', omitted: all + 1 - registry.length });
  });

  it('is not blocked by an expression that backtracks endlessly', async () => {
    const router = await start();
    bus.command('c-slow', '^(?=(a+)+$)');
    bus.command('c-lurk', String.raw`^lurkers(?!-)\s*`);
    bus.command('c-echo', String.raw`^echo\s+`);
    bus.say(`!${'a'.repeat(40)}b`);
    bus.say('!echo x');
    bus.say('!lurkers all');
    bus.say('!lurkers-all');
    await heard('c-echo', 1);
    expect(await router.logged('is no longer matched')).toMatchObject({ name: 'c-slow', level: 'error' });
    await settled();
    expect([bus.texts('c-lurk'), bus.texts('c-slow')]).toEqual([['all'], []]);
    expect(await (await router.get('/metrics')).text()).toContain('errors_total{module="router",type="regex_timeout",operation="route"} 1');
  });

  it('queues calls over a limit, and executes the waiting ones at SIGTERM', async () => {
    const router = await start();
    bus.command('c-echo', String.raw`^echo\s+`, { mode: 'enqueue', limit: 2, interval: '1s' });
    for (let number = 0; number < 4; number++) bus.say(`!echo ${number}`);
    expect(await heard('c-echo', 4)).toEqual(['0', '1', '2', '3']);
    bus.command('c-slow', String.raw`^slow\s+`, { mode: 'enqueue', limit: 1, interval: '1h' });
    for (let number = 0; number < 50; number++) bus.say(`!slow ${number}`);
    await bus.nats.flush();
    await heard('c-slow', 1);
    router.signal('SIGTERM');
    expect(await router.exited).toEqual({ code: 0, signal: null });
    expect(await heard('c-slow', 50)).toEqual(Array.from({ length: 50 }, (_, number) => String(number)));
  });

  it('ignores malformed messages of any client on its subjects', async () => {
    const router = await start();
    const id = await eventually(() => {
      const peer = bus.peers.at(-1);
      return typeof peer === 'string' ? peer : null;
    });
    const call = { commandUUID: 'c-last', message: { platform: 'irc' } };
    const window = { startMs: 'a', endMs: 1e308, count: null };
    const malformed = [
      ...['', '{', 'null', '[]', '5', '{"id":5}', '{"id":"a","windows":5}', '{"id":"b","windows":[["k",null]]}'],
      ...['{"call":null}', '{"call":{}}', '{"sender":"a","numbers":[null]}', '{"sender":1}'],
      ...[
        { id: 'c', windows: [['c-last:irc', window]] },
        { id: 'd', key: 'k', window },
        { call, sentMs: Date.now() },
      ].map((payload) => JSON.stringify(payload)),
    ];
    const subjects = ['control.router.peers', 'control.router.windows', `control.router.calls.${id}`, `control.receivers.${id}`];
    for (const subject of subjects) for (const payload of malformed) bus.nats.publish(subject, payload);
    await settled();
    expect(router.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('routes messages that were delivered before SIGTERM, and exits with code 0', async () => {
    const router = await start();
    bus.command('c-echo', String.raw`^echo\s+`);
    await settled();
    const count = 3_000;
    for (let number = 0; number < count; number++) bus.say(`!echo ${number}`);
    await heard('c-echo', 1);
    router.signal('SIGTERM');
    expect(await router.exited).toEqual({ code: 0, signal: null });
    await bus.nats.flush();
    const texts = bus.texts('c-echo').map(Number);
    // Lines that the server has not delivered yet are left to the next router.
    expect(texts).toEqual(Array.from({ length: texts.length }, (_, number) => number));
    expect(texts.length).toBeGreaterThan(0);
  });

  it('asks for registrations again when NATS is back', async () => {
    await using proxy = await startTcpProxy(server.port);
    const router = await start({ NATS_HOST: `127.0.0.1:${proxy.port}` });
    await server.kill();
    await eventually(async () => (await router.get('/health')).status === 503);
    bus.asked.length = 0;
    // The modules must reconnect first: a router that reconnects before them asks them only a minute later.
    proxy.refuse();
    await server.start();
    await eventually(() => bus.nats.flush().then(() => true), { what: 'the modules to be back' });
    proxy.allow();
    await eventually(() => bus.asked.includes('control.registerCommands') || null);
    await eventually(() => {
      bus.say('!last');
      return bus.texts('c-last').length > 0;
    });
  });
});
