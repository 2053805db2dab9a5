import { NatsClient, log } from '@eeveebot/libeevee';
import { Outbox } from '@eeveebot/libeevee/delivery';
import { type NatsServer, startNatsServer } from '@eeveebot/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BusRouter } from '../src/bus-router.ts';
import { Bus } from './bus.ts';

const TOKEN = 'router-token';

const MINUTE_MS = 60_000;

const PATIENCE = { timeout: 30_000 };

let server: NatsServer;
let bus: Bus;
let nats: NatsClient;
let router: BusRouter;

beforeEach(async () => {
  server = await startNatsServer({ token: TOKEN });
  bus = await Bus.connect(server.host, TOKEN);
  nats = new NatsClient({ natsHost: server.host, natsToken: TOKEN });
  await nats.connect();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const config = { blocklist: [], cooldownMs: 15_000, maxQueued: 100, problems: [] };
  router = new BusRouter({ nats, log, config });
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await router.stop();
  await nats.drain();
  await bus[Symbol.asyncDispose]();
  await server.stop();
});

it('keeps nothing of a registration that expired: a module may register other ids all the time', async () => {
  const announced = vi.spyOn(Outbox.prototype, 'announced');
  const withdrawn = vi.spyOn(Outbox.prototype, 'withdrawn');
  const ready = router.start();
  await vi.waitFor(() => expect(bus.asked).toContain('control.registerCommands'), PATIENCE);
  bus.command('c-gone', '^gone');
  bus.register('broadcast.register', { broadcastUUID: 'b-gone', broadcastDisplayName: 'gone' });
  bus.register('event.register', { eventUUID: 'e-gone', eventDisplayName: 'gone', eventType: 'join' });
  await vi.waitFor(() => expect(announced.mock.calls.length).toBeGreaterThanOrEqual(3), PATIENCE);
  vi.advanceTimersByTime(10_000);
  await ready;
  await bus[Symbol.asyncDispose]();
  vi.advanceTimersByTime(6 * MINUTE_MS);
  expect(withdrawn.mock.calls.flat().toSorted()).toEqual(['broadcast.message.b-gone', 'command.execute.c-gone', 'event.message.e-gone']);
});

it('keeps registrations that no module could renew, as NATS was away for longer than they are valid', async () => {
  const withdrawn = vi.spyOn(Outbox.prototype, 'withdrawn');
  const announced = vi.spyOn(Outbox.prototype, 'announced');
  const ready = router.start();
  await vi.waitFor(() => expect(bus.asked).toContain('control.registerCommands'), PATIENCE);
  bus.command('c-kept', '^kept');
  await vi.waitFor(() => expect(announced).toHaveBeenCalled(), PATIENCE);
  vi.advanceTimersByTime(10_000);
  await ready;
  await server.stop();
  await vi.waitFor(() => expect(nats.isClosed()).toBe(true), PATIENCE);
  const failed = vi.spyOn(log, 'error');
  vi.advanceTimersByTime(20 * MINUTE_MS);
  // Not an error for each second of the outage.
  expect(failed).not.toHaveBeenCalled();
  expect(withdrawn).not.toHaveBeenCalled();
});
