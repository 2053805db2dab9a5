import { NatsClient } from '@eeveebot/libeevee';
import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox } from '../src/bus/outbox.ts';

const RETRY_MS = 200;

/** A clock that the test moves. */
class ManualClock {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((each) => each !== timer));
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { run } of due) run();
  }
}

describe('messages that are kept while there is no router', () => {
  let server: NatsServer;
  let nats: NatsClient;
  let clock: ManualClock;
  let outbox: Outbox;

  beforeEach(async () => {
    server = await startNatsServer();
    nats = new NatsClient({ natsHost: server.host });
    await nats.connect();
    clock = new ManualClock();
    outbox = new Outbox({ nats, clock, onDropped: () => expect.unreachable('a message was dropped') });
    await outbox.start();
  });
  afterEach(async () => {
    outbox.stop();
    await nats.close();
    await server.stop();
  });

  const send = (number: number): void => outbox.send({ subject: 'chat.message.incoming.irc.main.a.b', payload: { number } });
  const untilKept = (count: number): Promise<true> =>
    eventually(() => outbox.waiting === count, { what: `${count} to be kept`, intervalMs: 5 });

  /** Numbers that a router hears from now on. */
  async function router(): Promise<{ readonly heard: number[]; close(): Promise<void> }> {
    const connection = await connect({ servers: server.host });
    const heard: number[] = [];
    connection.subscribe('chat.message.incoming.>', { callback: (_error, msg) => void heard.push(msg.json<{ number: number }>().number) });
    await connection.flush();
    return { heard, close: () => connection.close() };
  }

  it('are sent when the router is back, although more are said all the time', async () => {
    send(0);
    await untilKept(1);
    const { heard, close } = await router();
    // Each is said shortly before the next attempt.
    for (let number = 1; number <= 5; number++) {
      clock.advance(RETRY_MS * 0.75);
      send(number);
    }
    await eventually(() => heard.length === 6, { what: 'all messages' });
    expect(heard).toEqual([0, 1, 2, 3, 4, 5]);
    await close();
  });

  it('are sent in order, in a few round trips', async () => {
    for (let number = 0; number < 950; number++) send(number);
    await untilKept(950);
    const { heard, close } = await router();
    const roundTrips = vi.spyOn(nats.nats ?? expect.unreachable('not connected'), 'flush');
    clock.advance(RETRY_MS);
    await eventually(() => heard.length === 950, { what: 'all messages' });
    expect(heard).toEqual(Array.from({ length: 950 }, (_, number) => number));
    expect(roundTrips.mock.calls.length).toBeLessThan(20);
    await close();
  });
});
