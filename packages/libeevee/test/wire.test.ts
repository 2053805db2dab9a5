import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { Events, type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerBroadcast, unregisterBroadcast } from '../src/chat/broadcasts.ts';
import { sendAction, sendChatMessage } from '../src/chat/answers.ts';
import { registerCommand, unregisterCommand } from '../src/chat/commands.ts';
import { registerHelp, unregisterHelp } from '../src/chat/help.ts';
import { log } from '../src/log/log.ts';
import { register } from '../src/metrics/registry.ts';
import { createModuleMetrics } from '../src/metrics/module-metrics.ts';
import { NatsClient, type NatsSubscriptionResult } from '../src/nats/client.ts';
import { registerStatsHandlers } from '../src/process/stats.ts';

const TOKEN = 'wire-token';
let server: NatsServer;
let observer: NatsConnection;
let nats: NatsClient;

/** A message as received from the bus. */
interface Heard {
  subject: string;
  payload: unknown;
}

let heard: Heard[];

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  server = await startNatsServer({ token: TOKEN });
  observer = await connect({ servers: server.host, token: TOKEN, maxReconnectAttempts: -1, reconnectTimeWait: 20, reconnectJitter: 0 });
  heard = [];
  observer.subscribe('>', {
    callback: (_error, msg) => {
      if (!/^(control\.|_INBOX|stats\.)/.test(msg.subject)) heard.push({ subject: msg.subject, payload: msg.json() });
    },
  });
  await observer.flush();
  nats = new NatsClient({ natsHost: server.host, natsToken: TOKEN, name: 'wire' });
  await nats.connect();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await nats.close();
  await observer.close();
  await server.stop();
});

/** Subscriptions of a registration, once all of them are made. */
const made = async (subscriptions: Promise<Promise<NatsSubscriptionResult>[]>) => Promise.all(await subscriptions);

/** Waits for a total number of messages. */
const afterMessages = (count: number): Promise<Heard[]> =>
  eventually(() => (heard.length >= count ? heard : false), { what: `${count} messages` });

/** Waits until everything sent before has been received, and nothing else is in transit. */
async function quiet(): Promise<Heard[]> {
  await nats.nats?.flush();
  await observer.flush();
  return heard;
}

const where = { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee' };

describe('commands', () => {
  const options = { commandUUID: 'c-1', commandDisplayName: 'seen.clear', regex: '^seen' };
  const registration = {
    type: 'command.register',
    commandUUID: 'c-1',
    commandDisplayName: 'seen.clear',
    platform: '.*',
    network: '.*',
    instance: '.*',
    channel: '.*',
    user: '.*',
    regex: '^seen',
    platformPrefixAllowed: true,
    nickPrefixAllowed: false,
    ratelimit: { mode: 'drop', level: 'user', limit: 5, interval: '1m' },
  };

  it('register with every field, given ones unchanged', async () => {
    const given = { ...registration, platform: 'irc', user: '^fox$', platformPrefixAllowed: false, nickPrefixAllowed: true };
    const ratelimit = { mode: 'enqueue', level: 'channel', limit: 1, interval: '10s' } as const;
    await made(registerCommand(nats, { ...given, ratelimit, ttl: 60_000 }));
    await made(registerCommand(nats, { ...options, commandUUID: 'c-2' }));
    expect(await afterMessages(2)).toEqual([
      { subject: 'command.register', payload: { ...given, ratelimit } },
      { subject: 'command.register', payload: { ...registration, commandUUID: 'c-2' } },
    ]);
  });

  it.each(['control.registerCommands', 'control.registerCommands.seen.clear'])('register again on %s', async (subject) => {
    const subscriptions = await registerCommand(nats, options);
    await afterMessages(1);
    observer.publish(subject, '{}');
    expect(await afterMessages(2)).toEqual([registration, registration].map((payload) => ({ subject: 'command.register', payload })));
    expect((await Promise.all(subscriptions)).map((subscription) => subscription !== false && subscription.getSubject())).toEqual([
      'control.registerCommands',
      'control.registerCommands.seen.clear',
    ]);
  });

  it.each(['say hello', '*', '>', '🦊'])('called %j register and are requested only by that name', async (commandDisplayName) => {
    await made(registerCommand(nats, { ...options, commandDisplayName }));
    await made(registerCommand(nats, { ...options, commandUUID: 'c-2', commandDisplayName: 'other' }));
    await afterMessages(2);
    // Like a router that builds the subject from the plain name, and sends it through this client.
    await nats.publish(`control.registerCommands.${commandDisplayName}`, '{}');
    await afterMessages(3);
    expect((await quiet()).map(({ payload }) => Reflect.get(Object(payload), 'commandDisplayName'))).toEqual([
      commandDisplayName,
      'other',
      commandDisplayName,
    ]);
  });

  it('do not answer the router when autoControlSub is false', async () => {
    expect(await registerCommand(nats, options, undefined, false)).toEqual([]);
    expect(nats.subjects).toEqual([]);
  });

  it('continue to answer the router, with the latest options, when autoControlSub is false later', async () => {
    await made(registerCommand(nats, options));
    expect(await registerCommand(nats, { ...options, regex: '^other' }, undefined, false)).toEqual([]);
    await afterMessages(2);
    observer.publish('control.registerCommands', '{}');
    await afterMessages(3);
    expect((await quiet()).slice(1).map(({ payload }) => Reflect.get(Object(payload), 'regex'))).toEqual(['^other', '^other']);
    await unregisterCommand(nats, options);
    expect(nats.subjects).toEqual([]);
  });

  it('leave no subscription behind when they are registered and unregistered at the same time', async () => {
    const each = Array.from({ length: 10 }, () => [registerCommand(nats, options), registerCommand(nats, options)]);
    await Promise.all([...each.flat(), unregisterCommand(nats, options)]);
    await eventually(() => nats.subjects.length === 0);
    await made(registerCommand(nats, options));
    expect(nats.subjects).toHaveLength(2);
    expect(nats.listenerCount('reconnect')).toBe(1);
  });

  it('register again after a reconnect, because the router may have restarted', async () => {
    await made(registerCommand(nats, options));
    await afterMessages(1);
    const back = Promise.all([new Promise((resolve) => nats.once('reconnect', () => resolve(true))), reconnected(observer)]);
    await server.kill();
    await server.start();
    await back;
    observer.publish('control.registerCommands', '{}');
    await eventually(() => heard.length >= 2);
    expect(heard.every(({ subject }) => subject === 'command.register')).toBe(true);
  });

  it('unregister, and stop answering the router', async () => {
    await made(registerCommand(nats, options));
    expect(await unregisterCommand(nats, options)).toBe(true);
    await afterMessages(2);
    observer.publish('control.registerCommands', '{}');
    await observer.flush();
    expect((await quiet()).slice(1)).toEqual([
      { subject: 'command.unregister', payload: { type: 'command.unregister', commandUUID: 'c-1' } },
    ]);
    expect(nats.subjects).toEqual([]);
  });

  it('replace the registration of the same UUID', async () => {
    await made(registerCommand(nats, options));
    await made(registerCommand(nats, { ...options, regex: '^other' }));
    await afterMessages(2);
    observer.publish('control.registerCommands', '{}');
    await afterMessages(3);
    expect((await quiet()).slice(2)).toEqual([{ subject: 'command.register', payload: { ...registration, regex: '^other' } }]);
  });
});

/** Resolves when the bare client is connected again. */
async function reconnected(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === Events.Reconnect) return;
}

describe('broadcasts', () => {
  const options = { broadcastUUID: 'b-1', broadcastDisplayName: 'seen' };
  const registration = {
    type: 'broadcast.register',
    broadcastUUID: 'b-1',
    broadcastDisplayName: 'seen',
    platform: '.*',
    network: '.*',
    instance: '.*',
    channel: '.*',
    user: '.*',
    nick: '.*',
    messageFilterRegex: '.*',
  };

  it('register, and again when asked', async () => {
    await made(registerBroadcast(nats, { ...options, messageFilterRegex: 'https?://', nick: 'fox', ttl: 1_000 }));
    await afterMessages(1);
    for (const subject of ['control.registerBroadcasts', 'control.registerBroadcasts.seen', 'control.registerBroadcasts.other']) {
      observer.publish(subject, '{}');
    }
    await afterMessages(3);
    const payload = { ...registration, messageFilterRegex: 'https?://', nick: 'fox' };
    expect(await quiet()).toEqual([payload, payload, payload].map((each) => ({ subject: 'broadcast.register', payload: each })));
  });

  it('fill in defaults, and unregister', async () => {
    await made(registerBroadcast(nats, options));
    await unregisterBroadcast(nats, options);
    expect(await afterMessages(2)).toEqual([
      { subject: 'broadcast.register', payload: registration },
      { subject: 'broadcast.unregister', payload: { type: 'broadcast.unregister', broadcastUUID: 'b-1' } },
    ]);
  });
});

describe('help', () => {
  it('is published, published again on request, and withdrawn', async () => {
    const help = [
      { command: 'echo', descr: 'Says it back', params: [{ param: 'text', required: true, descr: 'Text to repeat' }], aliases: ['say'] },
    ];
    await made(registerHelp(nats, 'echo', help));
    await afterMessages(1);
    observer.publish('help.updateRequest', '{}');
    observer.publish('help.updateRequest.echo', '{}');
    observer.publish('help.updateRequest.other', '{}');
    await eventually(() => heard.filter(({ subject }) => subject === 'help.update').length === 3);
    await unregisterHelp(nats, 'echo');
    await eventually(() => heard.some(({ subject }) => subject === 'help.remove'));
    const told = { subject: 'help.update', payload: { from: 'echo', help } };
    expect(heard.filter(({ subject }) => !subject.startsWith('help.updateRequest'))).toEqual([
      told,
      told,
      told,
      { subject: 'help.remove', payload: { type: 'help.remove', from: 'echo' } },
    ]);
  });
});

describe('chat', () => {
  it('sends messages and actions on the subjects connectors listen on', async () => {
    await sendChatMessage(nats, { ...where, text: 'hello', trace: 't-1' });
    await sendAction(nats, { ...where, text: 'waves', trace: 't-2' });
    expect(await afterMessages(2)).toEqual([
      { subject: 'chat.message.outgoing.irc.main.#eevee', payload: { ...where, text: 'hello', trace: 't-1', type: 'message.outgoing' } },
      { subject: 'chat.action.outgoing.irc.main.#eevee', payload: { ...where, text: 'waves', trace: 't-2', type: 'action.outgoing' } },
    ]);
  });

  it('generates a trace if none is given', async () => {
    await sendChatMessage(nats, { ...where, text: 'hello' });
    const [message] = await afterMessages(1);
    expect(message?.payload).toMatchObject({ trace: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it.each(['#two words', '#a.b.c', '*', '>', '', '🦊', 'tab\there'])('reaches the connector for a channel called %j', async (channel) => {
    const connector: unknown[] = [];
    observer.subscribe('chat.message.outgoing.irc.main.>', { callback: (_error, msg) => void connector.push(msg.json()) });
    await observer.flush();
    await sendChatMessage(nats, { ...where, channel, text: 'hello', trace: 't' });
    await eventually(() => connector.length > 0);
    expect(connector).toEqual([{ ...where, channel, text: 'hello', trace: 't', type: 'message.outgoing' }]);
    expect(await quiet()).toHaveLength(1);
  });

  it('rejects when it could not be sent, and counts only sent messages', async () => {
    const metrics = createModuleMetrics('chat-count');
    await sendChatMessage(nats, { ...where, text: 'hello' }, metrics);
    await expect(sendChatMessage(nats, { ...where, text: 'x'.repeat(2 * 1024 * 1024) }, metrics)).rejects.toMatchObject({
      code: 'EEVEE_CHAT_NOT_SENT',
    });
    await nats.close();
    await expect(sendAction(nats, { ...where, text: 'waves' }, metrics)).rejects.toMatchObject({ code: 'EEVEE_CHAT_NOT_SENT' });
    const counts = (await register.metrics()).split('\n').filter((line) => line.startsWith('nats_publish_total{module="chat-count"'));
    expect(counts).toEqual(['nats_publish_total{module="chat-count",type="message.outgoing"} 1']);
  });
});

describe('stats', () => {
  /** The answer to a request on `subject`. */
  async function answer(subject: string): Promise<unknown> {
    observer.publish(subject, JSON.stringify({ replyChannel: 'answers.mine' }));
    await eventually(() => heard.some((each) => each.subject === 'answers.mine'));
    return heard.find((each) => each.subject === 'answers.mine')?.payload;
  }

  it('answers stats.uptime', async () => {
    await Promise.all(registerStatsHandlers({ nats, moduleName: 'wire', startTime: Date.now() - 93_784_500, version: '1.2.3' }));
    const uptime: unknown = await answer('stats.uptime');
    expect(uptime).toEqual({ module: 'wire', version: '1.2.3', uptime: expect.any(Number), uptimeFormatted: '1d 2h 3m 4s' });
    expect(Reflect.get(Object(uptime), 'uptime')).toBeGreaterThanOrEqual(93_784_500);
  });

  it('answers stats.emit.request', async () => {
    await Promise.all(registerStatsHandlers({ nats, moduleName: 'wire', startTime: Date.now() - 61_000, version: '1.2.3' }));
    expect(await answer('stats.emit.request')).toEqual({
      module: 'wire',
      stats: {
        version: '1.2.3',
        uptime_seconds: 61,
        uptime_formatted: '1m 1s',
        memory_rss_mb: expect.any(Number),
        memory_heap_used_mb: expect.any(Number),
        prometheus_metrics: expect.stringContaining('# TYPE nats_publish_total counter'),
      },
    });
  });

  it('adds fields of the module to its stats', async () => {
    let connected = false;
    const moreStats = (): Record<string, unknown> => ({ connector: [{ name: 'main', connected }] });
    await Promise.all(registerStatsHandlers({ nats, moduleName: 'wire', startTime: Date.now(), moreStats }));
    connected = true;
    expect(await answer('stats.emit.request')).toMatchObject({
      stats: { version: 'unknown', connector: [{ name: 'main', connected: true }] },
    });
  });

  it('omits metrics from an answer that would be too large for NATS', async () => {
    const small = '# TYPE small gauge\nsmall 1';
    const large = `# TYPE large gauge\n${Array.from({ length: 100_000 }, (_, at) => `large{at="${at}"} ${at}`).join('\n')}`;
    const prometheusRegister = { metrics: () => Promise.resolve(`${large}\n\n${small}\n`) };
    await Promise.all(registerStatsHandlers({ nats, moduleName: 'wire', startTime: Date.now(), prometheusRegister }));
    expect(await answer('stats.emit.request')).toMatchObject({
      stats: { version: 'unknown', prometheus_metrics: expect.stringMatching(/^# TYPE small gauge\nsmall 1\n\n\n# 1 metrics left out/) },
    });
  });

  it('continues after requests without a reply subject', async () => {
    await Promise.all(registerStatsHandlers({ nats, moduleName: 'wire', startTime: Date.now() }));
    observer.publish('stats.uptime', '{}');
    observer.publish('stats.uptime', '{"replyChannel":5}');
    expect(await answer('stats.uptime')).toMatchObject({ module: 'wire' });
  });

  it('answers a NATS request too', async () => {
    await Promise.all(registerStatsHandlers({ nats, moduleName: 'wire', startTime: Date.now() }));
    expect((await observer.request('stats.uptime', 'not JSON')).json()).toMatchObject({ module: 'wire' });
  });
});
