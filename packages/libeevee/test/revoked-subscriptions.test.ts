import { type NatsServer, eventually, freePort, startNatsServer } from '@eeveebot/testing';
import { connect } from 'nats';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { log } from '../src/log/log.ts';
import { NatsClient } from '../src/nats/client.ts';
import { ChildModule, killChildModules } from './child-module.ts';

/** A user whose permissions change, and one that may do everything. */
const permitted = (...denied: string[]): Record<string, unknown> => ({
  authorization: {
    users: [
      { user: 'module', password: 'p', permissions: { subscribe: { allow: ['>'], deny: denied } } },
      { user: 'router', password: 'p' },
    ],
  },
});

let server: NatsServer;
let client: NatsClient;
let heard: string[];
const listen = (subject: string): ReturnType<NatsClient['subscribe']> =>
  client.subscribe(subject, (_subject, msg) => heard.push(msg.string()), { queue: 'module' });

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  heard = [];
  server = await startNatsServer({ settings: permitted() });
  client = new NatsClient({ natsHost: server.host, user: 'module', password: 'p' });
  await client.connect();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await killChildModules();
  await client.close();
  await server.stop();
});

/** Sends a message to the module, and waits until it had time to arrive. */
async function say(subject: string, text: string): Promise<void> {
  const router = await connect({ servers: server.host, user: 'router', pass: 'p' });
  router.publish(subject, text);
  await router.drain();
  await client.nats?.flush();
}

it('are made again once a reload of NATS permits them, also after a reconnect', async () => {
  await listen('one');
  await listen('two');
  await server.reload(permitted('one'));
  await eventually(() => client.revokedSubjects.length === 1);
  expect([client.revokedSubjects, client.subjects]).toEqual([['one'], ['two']]);
  await say('two', 'others continue');
  await server.reload(permitted());
  await eventually(() => client.revokedSubjects.length === 0);
  await say('one', 'again');
  expect(heard).toEqual(['others continue', 'again']);
  const ended = vi.mocked(log.error).mock.calls.filter(([message]) => message === 'the server ended a subscription (one)');
  expect(ended).toEqual([[expect.anything(), expect.objectContaining({ hint: expect.stringContaining('the subscribe permissions') })]]);

  await server.kill();
  await server.start({ settings: permitted('one') });
  await eventually(() => client.revokedSubjects.length === 1);
  await server.kill();
  await server.start({ settings: permitted() });
  await eventually(() => !client.isClosed() && client.revokedSubjects.length === 0);
  await say('one', 'after reconnects');
  expect(heard).toEqual(['others continue', 'again', 'after reconnects']);
});

it('are not made again after their owner has ended them, whichever way', async () => {
  const [one, two] = [await listen('one'), await listen('two')];
  await server.reload(permitted('one', 'two'));
  await eventually(() => client.revokedSubjects.length === 2);
  await client.unsubscribe(one);
  if (two !== false) two.unsubscribe();
  expect(client.revokedSubjects).toEqual([]);

  const three = await listen('three');
  await server.reload(permitted('three'));
  await eventually(() => client.revokedSubjects.length === 1);
  await server.reload(permitted());
  await eventually(() => client.revokedSubjects.length === 0);
  await client.unsubscribe(three);
  for (const subject of ['one', 'two', 'three']) await say(subject, subject);
  expect([heard, client.subjects]).toEqual([[], []]);
  await server.reload(permitted('four'));
  expect(await listen('four')).toBe(false);
  expect(client.revokedSubjects).toEqual([]);
});

it('of a module make it unhealthy until they are made again, and do not keep it from stopping', async () => {
  const port = await freePort();
  const code = `
    import { defineModule } from './src/index.ts';
    await defineModule({ name: 'child', version: '1.0.0', commands: [{ commandUUID: 'c-1', commandDisplayName: 'roll', regex: '^roll$', run: () => {} }] }).start();`;
  const env = { NATS_HOST: server.host, NATS_USER: 'module', NATS_PASSWORD: 'p', HTTP_API_PORT: String(port) };
  const module = new ChildModule(code, env);
  await module.says('"ready"');
  const health = async (): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    return [response.status, Reflect.get(Object(await response.json()), 'reason')];
  };
  const becomes = (state: unknown[]): Promise<unknown> =>
    eventually(async () => JSON.stringify(await health()) === JSON.stringify(state), { what: JSON.stringify(state) });
  await server.reload(permitted('command.execute.>'));
  await becomes([503, 'NATS no longer permits to subscribe to command.execute.c-1']);
  await server.reload(permitted());
  await becomes([200, null]);
  await server.reload(permitted('command.execute.>'));
  await becomes([503, 'NATS no longer permits to subscribe to command.execute.c-1']);
  module.signal('SIGTERM');
  expect(await module.exited).toEqual({ code: 0, signal: null });
});
