import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { queryChannelUsers, queryUserModes } from '../src/chat/connector-queries.ts';
import { log } from '../src/log/log.ts';
import { register } from '../src/metrics/registry.ts';
import { createModuleMetrics } from '../src/metrics/module-metrics.ts';
import { NatsClient } from '../src/nats/client.ts';

const TOKEN = 'query-token';
let server: NatsServer;
let connector: NatsConnection;
let nats: NatsClient;
/** Questions that the connector received. */
let questions: { action: string; data: Record<string, string> }[];
let answer: unknown;

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  server = await startNatsServer({ token: TOKEN });
  connector = await connect({ servers: server.host, token: TOKEN, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
  nats = new NatsClient({ natsHost: server.host, natsToken: TOKEN, name: 'query' });
  await nats.connect();
  questions = [];
  answer = undefined;
  connector.subscribe('control.chatConnectors.irc.main', {
    callback: (_error, msg) => {
      const question: (typeof questions)[number] = msg.json();
      questions.push(question);
      const { replyChannel = '' } = question.data;
      if (answer !== undefined) connector.publish(replyChannel, typeof answer === 'string' ? answer : JSON.stringify(answer));
    },
  });
  await connector.flush();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await nats.close();
  await connector.close();
  await server.stop();
});

const users = [
  { nick: 'fox', ident: '~fox', hostname: 'den.example', modes: ['o'], isChannelAdmin: true },
  { nick: 'owl 🦉', ident: '', hostname: '', modes: [], isChannelAdmin: false },
];

describe('queryChannelUsers', () => {
  it.each(['#eevee', '#two words', '*', '>', 'a.b', ''])('asks the connector for the users in %j', async (channel) => {
    answer = { users };
    expect(await queryChannelUsers(nats, 'irc', 'main', channel)).toEqual(users);
    expect(questions).toEqual([{ action: 'list-users-in-channel', data: { channel, replyChannel: expect.any(String) } }]);
    expect(nats.subjects).toEqual([]);
  });

  it('fills in fields that a connector omits', async () => {
    answer = { users: [{ nick: 'fox', modes: 'ov' }, 'not a user'] };
    const [fox, ...others] = await queryChannelUsers(nats, 'irc', 'main', '#eevee');
    expect(fox).toEqual({ nick: 'fox', ident: '', hostname: '', modes: ['o', 'v'], isChannelAdmin: false });
    expect(others).toEqual([]);
  });

  it('counts its questions', async () => {
    answer = { users };
    await queryChannelUsers(nats, 'irc', 'main', '#eevee', { metrics: createModuleMetrics('query-count') });
    // The answer may arrive before the server confirms the question.
    await eventually(async () =>
      (await register.metrics()).includes('nats_publish_total{module="query-count",type="list-users-in-channel"} 1'),
    );
  });
});

describe('queryUserModes', () => {
  it('asks the connector for the modes of a user', async () => {
    answer = { channel: '#eevee', nick: 'fox', modes: ['o'], isChannelAdmin: true };
    expect(await queryUserModes(nats, 'irc', 'main', '#eevee', 'fox')).toEqual(answer);
    expect(questions).toEqual([
      { action: 'get-modes-for-user', data: { channel: '#eevee', nick: 'fox', replyChannel: expect.any(String) } },
    ]);
  });
});

describe('a question that fails', () => {
  it.each([
    ['an error', { error: 'not in that channel' }, 'EEVEE_CONNECTOR_ERROR', /main by admin: not in that channel/],
    ['an error that is not a string', { error: { message: 'gone' } }, 'EEVEE_CONNECTOR_ERROR', /gone/],
    ['no JSON', 'oops', 'EEVEE_CONNECTOR_ERROR', /not JSON/],
    ['something else', { modes: 5 }, 'EEVEE_CONNECTOR_ERROR', /has an unexpected format/],
    ['null', 'null', 'EEVEE_CONNECTOR_ERROR', /not an object/],
    ['nothing', undefined, 'EEVEE_CONNECTOR_TIMEOUT', /no response within 200 ms/],
  ])('rejects an answer that is %s, and leaves no subscription', async (_what, given, code, message) => {
    answer = given;
    const asked = queryChannelUsers(nats, 'irc', 'main', '#eevee', { timeoutMs: given === undefined ? 200 : 10_000, producer: 'admin' });
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await eventually(() => nats.subjects.length === 0);
  });

  it('times out when the server is silent', async () => {
    server.pause();
    await expect(queryChannelUsers(nats, 'irc', 'main', '#eevee', { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'EEVEE_CONNECTOR_TIMEOUT',
    });
    server.resume();
    await eventually(() => nats.subjects.length === 0);
  });

  it('fails immediately when NATS is not connected', async () => {
    await nats.close();
    await expect(queryUserModes(nats, 'irc', 'main', '#eevee', 'fox')).rejects.toMatchObject({ code: 'EEVEE_CONNECTOR_UNREACHABLE' });
  });

  it('ends when the client is closed while it waits', async () => {
    const asked = expect(queryChannelUsers(nats, 'irc', 'main', '#eevee')).rejects.toMatchObject({ code: 'EEVEE_CONNECTOR_UNREACHABLE' });
    await eventually(() => questions.length > 0);
    await nats.close();
    await asked;
  });

  it('leaves no subscription after a thousand of them', async () => {
    answer = { users };
    await Promise.all(Array.from({ length: 1_000 }, () => queryChannelUsers(nats, 'irc', 'main', '#eevee')));
    expect(nats.subjects).toEqual([]);
  });
});

it('a handler that runs during a drain still gets its answer', async () => {
  const replies: unknown[] = [];
  connector.subscribe('replies', { callback: (_error, msg) => void replies.push(msg.json()) });
  await nats.subscribe('command', async () => {
    const asked = queryUserModes(nats, 'irc', 'main', '#eevee', 'fox');
    await eventually(() => questions.length > 0);
    await nats.publish('replies', JSON.stringify(await asked));
  });
  connector.publish('command');
  await eventually(() => questions.length > 0);
  const drained = nats.drain();
  await eventually(() => nats.subjects.every((subject) => subject !== 'command'));
  const given = { channel: '#eevee', nick: 'fox', modes: [], isChannelAdmin: false };
  connector.publish(questions[0]?.data['replyChannel'] ?? '', JSON.stringify(given));
  await drained;
  await connector.flush();
  expect(replies).toEqual([given]);
});
