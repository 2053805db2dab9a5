import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerBroadcast, unregisterBroadcast } from '../src/chat/broadcasts.ts';
import { sendAction, sendChatMessage } from '../src/chat/answers.ts';
import { registerCommand, unregisterCommand } from '../src/chat/commands.ts';
import { queryChannelUsers, queryUserModes } from '../src/chat/connector-queries.ts';
import { registerHelp, unregisterHelp } from '../src/chat/help.ts';
import { log } from '../src/log/log.ts';
import { defineModule } from '../src/module/define-module.ts';
import { NatsClient } from '../src/nats/client.ts';
import { registerStatsHandlers } from '../src/process/stats.ts';
import { startTestBot } from '../src/testing/index.ts';

const TOKEN = 'names-token';

/** A name, and its form in a subject: as one token, and where dots remain separators. */
const NAMES = [
  { name: 'two words', token: 'two_words', path: 'two_words' },
  { name: 'a.b.c', token: 'a_b_c', path: 'a.b.c' },
  { name: '.dots.', token: '_dots_', path: '_.dots._' },
  { name: '*', token: '_', path: '_' },
  { name: '>', token: '_', path: '_' },
  { name: '🦊', token: '🦊', path: '🦊' },
  { name: '', token: '_', path: '_' },
];

const TEXTS = ['', 'x'.repeat(4096), '🦊'.repeat(1024), ' *.> \tPUB evil 0 "\\'];

let server: NatsServer;
let observer: NatsConnection;
let nats: NatsClient;
let heard: { subject: string; payload: unknown }[];

beforeAll(async () => {
  server = await startNatsServer({ token: TOKEN });
});

afterAll(() => server.stop());

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  observer = await connect({ servers: server.host, token: TOKEN });
  heard = [];
  observer.subscribe('>', {
    // The raw bytes, without our own parsing.
    callback: (_error, { subject, data }) => void heard.push({ subject, payload: JSON.parse(new TextDecoder().decode(data)) }),
  });
  await observer.flush();
  nats = new NatsClient({ natsHost: server.host, natsToken: TOKEN, name: 'names' });
  await nats.connect();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await nats.close();
  await observer.close();
});

/** All messages, once there are `count` and no other is in transit. */
async function messages(count: number): Promise<typeof heard> {
  await eventually(() => heard.length >= count, { what: `${count} messages` });
  await nats.nats?.flush();
  await observer.flush();
  return heard;
}

/** Sends a request as the router does, and omits it from the recorded messages. */
async function ask(subject: string): Promise<void> {
  observer.publish(subject, '{}');
  await eventually(() => heard.some((each) => each.subject === subject), { what: subject });
  heard = heard.filter((each) => each.subject !== subject);
}

describe.each(NAMES)('with names such as $name', ({ name, token, path }) => {
  const everywhere = { platform: name, network: name, instance: name, channel: name, user: name };
  const where = { platform: name, network: name, instance: name, channel: name };

  it('command.register and command.unregister', async () => {
    const given = { commandUUID: 'c-1', commandDisplayName: name, ...everywhere, regex: name };
    const ratelimit = { mode: 'enqueue', level: 'platform', limit: 0, interval: '30s' } as const;
    await Promise.all(
      await registerCommand(nats, { ...given, ratelimit, ttl: 1_000, nickPrefixAllowed: true, platformPrefixAllowed: false }),
    );
    await messages(1);
    await ask(`control.registerCommands.${path}`);
    await messages(2);
    await unregisterCommand(nats, given);
    const payload = { type: 'command.register', ...given, platformPrefixAllowed: false, nickPrefixAllowed: true, ratelimit };
    expect(await messages(3)).toEqual([
      { subject: 'command.register', payload },
      { subject: 'command.register', payload },
      { subject: 'command.unregister', payload: { type: 'command.unregister', commandUUID: 'c-1' } },
    ]);
  });

  it('broadcast.register and broadcast.unregister', async () => {
    const given = { broadcastUUID: 'b-1', broadcastDisplayName: name, ...everywhere, nick: name, messageFilterRegex: name };
    await Promise.all(await registerBroadcast(nats, given));
    await messages(1);
    await ask(`control.registerBroadcasts.${path}`);
    await messages(2);
    await unregisterBroadcast(nats, given);
    const payload = { type: 'broadcast.register', ...given };
    expect(await messages(3)).toEqual([
      { subject: 'broadcast.register', payload },
      { subject: 'broadcast.register', payload },
      { subject: 'broadcast.unregister', payload: { type: 'broadcast.unregister', broadcastUUID: 'b-1' } },
    ]);
  });

  it('help.update and help.remove', async () => {
    const help = TEXTS.map((descr) => ({ command: name, descr, params: [{ param: name, required: false, descr }], aliases: [name] }));
    await Promise.all(await registerHelp(nats, name, help));
    await messages(1);
    await ask(`help.updateRequest.${path}`);
    await messages(2);
    await unregisterHelp(nats, name);
    const told = { subject: 'help.update', payload: { from: name, help } };
    expect(await messages(3)).toEqual([told, told, { subject: 'help.remove', payload: { type: 'help.remove', from: name } }]);
  });

  it('outgoing messages and actions, where connectors listen', async () => {
    for (const text of TEXTS) {
      await sendChatMessage(nats, { ...where, text, trace: name });
      await sendAction(nats, { ...where, text, trace: name });
    }
    expect(await messages(2 * TEXTS.length)).toEqual(
      TEXTS.flatMap((text) =>
        (['message', 'action'] as const).map((kind) => ({
          subject: `chat.${kind}.outgoing.${path}.${path}.${token}`,
          payload: { ...where, text, trace: name, type: `${kind}.outgoing` },
        })),
      ),
    );
  });

  it('stats', async () => {
    await Promise.all(registerStatsHandlers({ nats, moduleName: name, startTime: Date.now(), version: name }));
    for (const kind of ['stats.uptime', 'stats.emit.request']) observer.publish(kind, JSON.stringify({ replyChannel: `to.${kind}` }));
    const answers = (await messages(4)).filter(({ subject }) => subject.startsWith('to.'));
    expect(answers.toSorted((a, b) => b.subject.localeCompare(a.subject))).toEqual([
      {
        subject: 'to.stats.uptime',
        payload: { module: name, version: name, uptime: expect.any(Number), uptimeFormatted: expect.any(String) },
      },
      { subject: 'to.stats.emit.request', payload: { module: name, stats: expect.objectContaining({ version: name }) } },
    ]);
  });

  it('questions to a connector, and its answers', async () => {
    const subject = `control.chatConnectors.${path}.${path}`;
    const answers: Readonly<Record<string, unknown>> = {
      'list-users-in-channel': { users: [{ nick: name, ident: name, hostname: name, modes: [name], isChannelAdmin: true }] },
      'get-modes-for-user': { channel: name, nick: name, modes: [name], isChannelAdmin: true },
    };
    observer.subscribe(subject, {
      callback: (_error, msg) => {
        const { action, data }: { action: string; data: { replyChannel: string } } = msg.json();
        observer.publish(data.replyChannel, JSON.stringify(answers[action]));
      },
    });
    await observer.flush();
    expect({ users: await queryChannelUsers(nats, name, name, name) }).toEqual(answers['list-users-in-channel']);
    expect(await queryUserModes(nats, name, name, name, name)).toEqual(answers['get-modes-for-user']);
    const replyChannel: unknown = expect.stringMatching(/^_INBOX\./);
    expect((await messages(4)).filter((each) => each.subject === subject)).toEqual([
      { subject, payload: { action: 'list-users-in-channel', data: { channel: name, replyChannel } } },
      { subject, payload: { action: 'get-modes-for-user', data: { channel: name, nick: name, replyChannel } } },
    ]);
  });

  it('incoming messages, command.execute and broadcast.message', async () => {
    // Commands of a module have names; an empty one is rejected before the start.
    const displayName = name === '' ? 'named' : name;
    const repeating = defineModule({
      name: 'repeating',
      version: '1.0.0',
      commands: [
        {
          ...{ commandUUID: 'c-2', commandDisplayName: displayName, regex: '^say:' },
          ratelimit: { mode: 'drop', level: 'user', limit: 0, interval: '1m' },
          run: ({ text, reply }) => reply(text),
        },
      ],
      broadcasts: [{ broadcastUUID: 'b-2', broadcastDisplayName: displayName, run: ({ text, action }) => action(text) }],
    });
    const speaker = { ...everywhere, nick: name, userHost: name };
    await using bot = await startTestBot(repeating, { bus: { host: server.host, token: TOKEN }, speaker, botNick: name });
    await observer.flush();
    heard = [];
    for (const text of TEXTS) expect((await bot.say(`!say:${text}`)).toSorted()).toEqual([`/me !say:${text}`, text.trim()].toSorted());
    await observer.flush();
    const payloadsOn = (subject: string): unknown[] => heard.filter((each) => each.subject === subject).map(({ payload }) => payload);
    const timestamp: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const trace: unknown = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const incoming = `chat.message.incoming.${[token, token, token, token].join('.')}`;
    const delivered = { ...speaker, botNick: name, private: false, action: false, timestamp, trace };
    expect(payloadsOn(incoming)).toEqual(
      TEXTS.map((text) => ({
        ...{ ...speaker, text: `!say:${text}`, botNick: name, commonPrefixRegex: '^!', rawEvent: {}, timestamp, trace },
        ...{ producer: 'test', subject: incoming, moduleUUID: expect.any(String), type: 'chat.message.incoming' },
      })),
    );
    expect(payloadsOn('command.execute.c-2')).toEqual(
      TEXTS.map((text) => ({
        ...{ ...delivered, text: text.trim(), originalText: `!say:${text}`, matchedCommand: 'say:', matchedText: `say:${text}`.trim() },
      })),
    );
    expect(payloadsOn('broadcast.message.b-2')).toEqual(TEXTS.map((text) => ({ ...delivered, text: `!say:${text}`, call: true })));
  });
});
