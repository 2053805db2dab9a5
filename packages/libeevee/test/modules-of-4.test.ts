import { type NatsServer, startNatsServer } from '@eeveebot/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type NatsClient,
  type NatsSubscriptionResult,
  type RateLimitConfig,
  createModuleMetrics,
  createNatsConnection,
  registerBroadcast,
  registerCommand,
  registerHelp,
  registerStatsHandlers,
} from '../src/index.ts';
import { ChildModule, killChildModules } from './child-module.ts';

// Written like modules of 4.x: compiling is half of the test.

const TOKEN = 'four-token';
let server: NatsServer;

beforeEach(async () => {
  server = await startNatsServer({ token: TOKEN });
});

afterEach(async () => {
  await killChildModules();
  await server.stop();
});

it('a module gathers its subscriptions in one array, those of stats without waiting', async () => {
  process.env['NATS_HOST'] = server.host;
  process.env['NATS_TOKEN'] = TOKEN;
  const nats: InstanceType<typeof NatsClient> = await createNatsConnection();
  try {
    const metrics = createModuleMetrics('four');
    const natsSubscriptions: Array<Promise<NatsSubscriptionResult>> = [];
    natsSubscriptions.push(nats.subscribe('command.execute.f-1', () => undefined));
    const rateLimit: RateLimitConfig = { mode: 'drop', level: 'platform', limit: 0, interval: '1m' };
    natsSubscriptions.push(
      ...(await registerCommand(nats, { commandUUID: 'f-1', commandDisplayName: 'four', regex: '^four', ratelimit: rateLimit }, metrics)),
    );
    natsSubscriptions.push(...(await registerBroadcast(nats, { broadcastUUID: 'f-2', broadcastDisplayName: 'all' }, metrics)));
    natsSubscriptions.push(...(await registerHelp(nats, 'four', [], metrics)));
    natsSubscriptions.push(...registerStatsHandlers({ nats, moduleName: 'four', startTime: Date.now(), metrics }));
    const made = await Promise.all(natsSubscriptions);
    expect(made.map((subscription) => subscription !== false && subscription.getSubject())).toEqual([
      'command.execute.f-1',
      'control.registerCommands',
      'control.registerCommands.four',
      'control.registerBroadcasts',
      'control.registerBroadcasts.all',
      'help.updateRequest',
      'help.updateRequest.four',
      'stats.uptime',
      'stats.emit.request',
    ]);
    for (const subscription of natsSubscriptions) await nats.unsubscribe(subscription);
    expect(nats.subjects).toEqual([]);
  } finally {
    await nats.close();
  }
});

it('a module that does not await its messages continues when they cannot be sent', async () => {
  const child = new ChildModule(
    `import { createNatsConnection, sendAction, sendChatMessage } from './src/index.ts';
    const nats = await createNatsConnection();
    const message = { platform: 'irc', network: 'n', instance: 'i', channel: '#c', text: 'x'.repeat(2 ** 21) };
    void sendChatMessage(nats, message);
    sendAction(nats, message);
    setTimeout(async () => {
      await sendChatMessage(nats, message).catch((error) => console.log('rejects with ' + error.code));
      await nats.close();
    }, 50);`,
    { NATS_HOST: server.host, NATS_TOKEN: TOKEN },
  );
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.output).toContain('rejects with EEVEE_CHAT_NOT_SENT');
});
