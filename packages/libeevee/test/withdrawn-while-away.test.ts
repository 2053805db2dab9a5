import { type TcpProxy, eventually, startTcpProxy } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { log } from '../src/log/log.ts';
import { registerBroadcast, registerCommand, unregisterBroadcast, unregisterCommand } from '../src/index.ts';
import { ModuleRun } from '../src/module/module-run.ts';
import { NatsClient } from '../src/nats/client.ts';
import { TestBus } from './test-bus.ts';

let bus: TestBus;
let proxy: TcpProxy;
let nats: NatsClient;

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  bus = await TestBus.start();
  proxy = await startTcpProxy(bus.server.port);
  nats = new NatsClient({ natsHost: `127.0.0.1:${proxy.port}`, natsToken: bus.env['NATS_TOKEN'] ?? '' });
  await nats.connect();
});

afterEach(async () => {
  await nats.close();
  await proxy[Symbol.asyncDispose]();
  await bus[Symbol.asyncDispose]();
  vi.restoreAllMocks();
});

/** Runs `work` while the client is disconnected from NATS. */
async function whileAway(work: () => Promise<unknown>): Promise<void> {
  proxy.refuse();
  await eventually(() => nats.isClosed(), { what: 'the client to notice the cut' });
  await work();
  proxy.allow();
  await eventually(() => !nats.isClosed(), { what: 'the client to be back' });
}

async function askedAgain(subject: string): Promise<void> {
  bus.publish(subject, {});
  await bus.observer.flush();
  await nats.nats?.flush();
  await bus.observer.flush();
}

describe('a registration that is withdrawn while NATS is away', () => {
  it('is withdrawn once the connection is back, and not registered again', async () => {
    void (await registerBroadcast(nats, { broadcastUUID: 'b-1', broadcastDisplayName: 'seen' }));
    void (await registerCommand(nats, { commandUUID: 'c-1', commandDisplayName: 'echo', regex: '^echo' }));
    await whileAway(async () => {
      expect(await unregisterBroadcast(nats, { broadcastUUID: 'b-1' })).toBe(false);
      expect(await unregisterCommand(nats, { commandUUID: 'c-1' })).toBe(false);
    });
    await eventually(() => bus.on('broadcast.unregister').length + bus.on('command.unregister').length === 2, {
      what: 'both withdrawals',
      timeoutMs: 30_000,
    });
    await askedAgain('control.registerBroadcasts');
    await askedAgain('control.registerCommands');
    expect([bus.on('broadcast.register').length, bus.on('command.register').length]).toEqual([1, 1]);
    expect(log.error).not.toHaveBeenCalled();
  });

  it('stays if it is registered again before the connection is back', async () => {
    void (await registerBroadcast(nats, { broadcastUUID: 'b-1', broadcastDisplayName: 'seen' }));
    await whileAway(async () => {
      await unregisterBroadcast(nats, { broadcastUUID: 'b-1' });
      void (await registerBroadcast(nats, { broadcastUUID: 'b-1', broadcastDisplayName: 'seen' }));
    });
    await eventually(() => bus.on('broadcast.register').length >= 2);
    await askedAgain('control.registerBroadcasts');
    expect(bus.on('broadcast.unregister')).toEqual([]);
  });
});

it('a question whose time is up while NATS is away stops listening', async () => {
  const place = { platform: 'irc', network: 'n', instance: 'main', channel: '#c', user: '~fox', nick: 'fox' };
  const { promise: unanswered, resolve } = Promise.withResolvers<unknown>();
  const commands = [
    {
      ...{ commandUUID: 'a-1', commandDisplayName: 'weather', regex: '^weather$' },
      run: ({ ask }: { ask: (text: string, options: { timeout: string }) => Promise<string> }) =>
        ask('Which city?', { timeout: '1s' }).catch((error: unknown) => resolve(error)),
    },
  ];
  const module = new ModuleRun({ name: 'asking', version: '1.0.0', commands }, { nats, config: {}, startTimeMs: Date.now() });
  await module.start();
  bus.publish('command.execute.a-1', { ...place, text: '', originalText: '!weather' });
  await bus.messages('chat.message.outgoing', 1);
  await whileAway(async () => expect(await unanswered).toMatchObject({ name: 'UnansweredError' }));
  await eventually(() => bus.on('broadcast.unregister').length > 0, { what: 'the question to be withdrawn', timeoutMs: 30_000 });
  const registered = bus.on('broadcast.register').length;
  await askedAgain('control.registerBroadcasts');
  expect(bus.on('broadcast.register')).toHaveLength(registered);
  expect(nats.subjects.filter((subject) => subject.startsWith('broadcast.message.'))).toEqual([]);
});
