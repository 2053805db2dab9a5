import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { NATS_CLIENT_CHANNEL } from '@eeveebot/contract';
import { NatsClient } from '@eeveebot/libeevee';
import { type NatsServer, startNatsServer } from '@eeveebot/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

let server: NatsServer;
let nats: NatsClient;

beforeEach(async () => {
  server = await startNatsServer();
  nats = new NatsClient({ natsHost: server.host, name: 'idle' });
});

afterEach(async () => {
  await nats.close();
  await server.stop();
});

it('announces a connected client to the program that runs the module', async () => {
  const announced: unknown[] = [];
  const follow = (client: unknown): unknown => announced.push(client);
  subscribe(NATS_CLIENT_CHANNEL, follow);
  await nats.connect();
  unsubscribe(NATS_CLIENT_CHANNEL, follow);
  expect(announced).toEqual([nats]);
});

it('is idle when handlers are done and deferred messages are handled', async () => {
  await nats.connect();
  await nats.idle();
  const [handler, deferred] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await nats.subscribe('work', () => handler.promise, { idle: () => deferred.promise });
  await nats.publish('work');
  await nats.nats?.flush();
  let isIdle = false;
  const idle = nats.idle().then(() => (isIdle = true));
  for (const { resolve } of [handler, deferred]) {
    await nats.nats?.flush();
    expect(isIdle).toBe(false);
    resolve();
  }
  await idle;
});

it('leaves only when it drains, after all delivered messages', async () => {
  await nats.connect();
  const done: string[] = [];
  const work = async (): Promise<void> => {
    await nats.nats?.flush();
    done.push('handled');
  };
  const leave = (): Promise<void> => Promise.resolve(void done.push('left'));
  await nats.subscribe('work', work, { leave });
  await nats.publish('work');
  await nats.nats?.flush();
  await nats.idle();
  expect(done).toEqual(['handled']);
  await nats.publish('work');
  await nats.nats?.flush();
  await nats.drain();
  expect(done).toEqual(['handled', 'handled', 'left']);
});
