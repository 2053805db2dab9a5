import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Inbox, type LossReason, Outbox, type Receipt } from '../src/delivery/index.ts';
import { NatsClient } from '../src/nats/client.ts';

const RETRY_MS = 200;
const MAX_AGE_MS = 60_000;
const SUBJECT = 'work.main';
const LANE = 'main';

/** A clock that the test advances. */
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

let server: NatsServer;
let nats: NatsClient;
let clock: ManualClock;
let outbox: Outbox;
let lost: [number, LossReason][];
let clients: NatsClient[];
let connections: NatsConnection[];

beforeEach(async () => {
  server = await startNatsServer();
  clients = [];
  connections = [];
  nats = await client();
  clock = new ManualClock();
  lost = [];
  outbox = new Outbox({ nats, clock, maxAgeMs: MAX_AGE_MS, onLost: (messages, reason) => lost.push([messages, reason]) });
  await outbox.start();
});
afterEach(async () => {
  for (const connection of connections) await connection.close();
  for (const each of clients) await each.close();
  await server.stop();
});

async function client(): Promise<NatsClient> {
  const made = new NatsClient({ natsHost: server.host });
  clients.push(made);
  await made.connect();
  return made;
}

/** A receiver with a handler that the test defines; by default it processes each message at once. */
class Receiver {
  readonly nats: NatsClient;
  readonly inbox: Inbox;
  readonly worked: number[] = [];
  readonly waiting: { readonly number: number; readonly receipt: Receipt }[] = [];
  /** Keeps messages without processing them. */
  isSlow = false;
  /** Reports at once that it keeps a message. */
  saysHeld = false;

  private constructor(made: NatsClient) {
    this.nats = made;
    this.inbox = new Inbox(made);
  }

  static async start({ isSlow = false } = {}): Promise<Receiver> {
    const receiver = new Receiver(await client());
    receiver.isSlow = isSlow;
    await receiver.inbox.start();
    await receiver.nats.subscribe(
      SUBJECT,
      (_subject, msg) => {
        const receipt = receiver.inbox.take(msg);
        if (receipt === undefined) return;
        receiver.waiting.push({ number: msg.json<{ number: number }>().number, receipt });
        if (!receiver.isSlow) receiver.work();
        else if (receiver.saysHeld) receipt.held();
      },
      { queue: 'workers' },
    );
    outbox.announced(LANE, receiver.inbox.id);
    return receiver;
  }

  /** Processes all waiting messages. */
  work(): void {
    for (const { number, receipt } of this.waiting.splice(0)) {
      this.worked.push(number);
      receipt.taken();
    }
  }
}

/** Numbers of the messages that a receiver without confirmations receives from now on. */
async function formerReceiver(): Promise<{ readonly worked: number[] }> {
  const connection = await connect({ servers: server.host, maxReconnectAttempts: -1, reconnectTimeWait: 20, reconnectJitter: 0 });
  connections.push(connection);
  const worked: number[] = [];
  connection.subscribe(SUBJECT, { callback: (_error, msg) => void worked.push(msg.json<{ number: number }>().number) });
  await connection.flush();
  return { worked };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const send = (number: number, order = ''): void =>
  void outbox.send({ lane: LANE, order, subject: SUBJECT, payload: JSON.stringify({ number }) });
const untilKept = (count: number): Promise<true> =>
  eventually(() => outbox.waiting === count, { what: `${count} to be kept`, intervalMs: 5 });

/** Lets the outbox check its messages until a condition holds. */
const looksAfter = (condition: () => boolean, what: string): Promise<true> =>
  eventually(
    () => {
      clock.advance(RETRY_MS);
      return condition();
    },
    { what, intervalMs: 5, timeoutMs: 30_000 },
  );

/** Waits until all messages have been delivered, and the outbox has checked them. */
async function settled(rounds = 10): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    clock.advance(1_000);
    await nats.nats?.flush();
  }
}

async function lostUntilBack(during: () => void | Promise<void> = () => undefined): Promise<void> {
  await server.kill();
  await eventually(() => clients.every((each) => each.isClosed()), { intervalMs: 5 });
  await during();
  await server.start();
  await eventually(() => clients.every((each) => !each.isClosed()), { intervalMs: 5 });
}

describe('messages that are kept while there is no receiver', () => {
  it('are sent when it is back, although more are sent all the time', async () => {
    send(0);
    await untilKept(1);
    const { worked } = await formerReceiver();
    // Each is sent shortly before the next attempt.
    for (let number = 1; number <= 5; number++) {
      clock.advance(RETRY_MS * 0.75);
      send(number);
    }
    await eventually(() => worked.length === 6, { what: 'all messages' });
    expect(worked).toEqual(numbers(0, 6));
  });

  it('are sent in order, in a few round trips', async () => {
    for (let number = 0; number < 950; number++) send(number);
    await untilKept(950);
    const { worked } = await formerReceiver();
    const roundTrips = vi.spyOn(nats.nats ?? expect.unreachable('not connected'), 'flush');
    clock.advance(RETRY_MS);
    await eventually(() => worked.length === 950, { what: 'all messages' });
    expect(worked).toEqual(numbers(0, 950));
    expect(roundTrips.mock.calls.length).toBeLessThan(30);
  });

  it('are dropped, the oldest first, when they are too many or too old', async () => {
    for (let number = 0; number < 1_003; number++) send(number);
    await untilKept(1_000);
    expect(lost).toEqual(Array.from({ length: 3 }, () => [1, 'too_many']));
    clock.advance(MAX_AGE_MS + 1);
    expect([outbox.waiting, lost.at(-1)]).toEqual([0, [1_000, 'too_old']]);
  });

  it('do not hold up messages for other receivers', async () => {
    send(0);
    await untilKept(1);
    const { worked } = await formerReceiver();
    outbox.send({ lane: 'other', order: '', subject: SUBJECT, payload: '{"number":1}' });
    await eventually(() => worked.length === 1);
    expect(worked).toEqual([1]);
  });
});

describe('a sender', () => {
  /** Indexes of the next messages whose senders wait. */
  function sendAndNote(count: number): { readonly goneOn: number[] } {
    const goneOn: number[] = [];
    for (const number of numbers(0, count)) {
      outbox.send(
        { lane: LANE, order: '', subject: SUBJECT, payload: JSON.stringify({ number }) },
        (sent) => void (sent && goneOn.push(number)),
      );
    }
    return { goneOn };
  }

  it('continues immediately while few messages are unconfirmed, and after a round trip when many are', async () => {
    const { worked } = await formerReceiver();
    const { goneOn } = sendAndNote(120);
    expect(goneOn).toEqual(numbers(0, 50));
    await eventually(() => goneOn.length === 120, { what: 'all senders to continue' });
    await eventually(() => worked.length === 120, { what: 'all messages' });
  });

  it('continues when a receiver has confirmed enough of many messages', async () => {
    const receiver = await Receiver.start({ isSlow: true });
    const { goneOn } = sendAndNote(60);
    await eventually(() => receiver.waiting.length === 60, { what: 'all messages' });
    const before = goneOn.length;
    receiver.work();
    await eventually(() => goneOn.length === 60, { what: 'all senders to continue' });
    expect([before, receiver.worked]).toEqual([50, numbers(0, 60)]);
  });
});

describe('messages to receivers that confirm', () => {
  it('are sent to another receiver when the first is gone before it processed them, once and in order', async () => {
    const first = await Receiver.start({ isSlow: true });
    for (const number of numbers(0, 5)) send(number);
    await eventually(() => first.waiting.length === 5);
    const second = await Receiver.start();
    await first.nats.close();
    await looksAfter(() => second.worked.length === 5, 'the other receiver to get all');
    await settled();
    expect([second.worked, lost]).toEqual([numbers(0, 5), []]);
  });

  it('stay with a receiver that is slow', async () => {
    const slow = await Receiver.start({ isSlow: true });
    send(0);
    await eventually(() => slow.waiting.length === 1);
    const other = await Receiver.start();
    await settled();
    slow.work();
    await settled();
    expect([slow.worked, other.worked]).toEqual([[0], []]);
  });

  it('are not overtaken by a message that is sent as soon as another receiver is there', async () => {
    const first = await Receiver.start({ isSlow: true });
    for (const number of numbers(0, 5)) send(number);
    await eventually(() => first.waiting.length === 5);
    await first.nats.close();
    const second = await Receiver.start();
    send(5);
    await looksAfter(() => second.worked.length === 6, 'the other receiver to get all');
    await settled();
    expect([second.worked, lost]).toEqual([numbers(0, 6), []]);
  });

  it('are in order although one of two receivers is gone and the other is busy', async () => {
    const first = await Receiver.start({ isSlow: true });
    const second = await Receiver.start();
    await settled();
    for (const number of numbers(0, 20)) send(number);
    await eventually(() => first.waiting.length > 0, { what: 'a message for the receiver that works on none' });
    await first.nats.close();
    await looksAfter(() => second.worked.length === 20, 'the other receiver to get all');
    await settled();
    expect([second.worked, lost]).toEqual([numbers(0, 20), []]);
  });

  it('of other orders continue while a message waits', async () => {
    const first = await Receiver.start({ isSlow: true });
    const second = await Receiver.start();
    await settled();
    let number = 0;
    while (first.waiting.length === 0) {
      send(number++, 'a');
      await nats.nats?.flush();
      await nats.nats?.flush();
    }
    send(number++, 'a');
    for (let turn = 0; turn < 20 && !second.worked.includes(number - 1); turn++) {
      send(number++, `b${turn}`);
      await nats.nats?.flush();
      await nats.nats?.flush();
    }
    expect(second.worked).toContain(number - 1);
    expect(second.worked).not.toContain(first.waiting[0]?.number);
  });

  it('do not expire while a receiver holds them, and are sent to another one when it is gone', async () => {
    const first = await Receiver.start({ isSlow: true });
    first.saysHeld = true;
    for (const number of numbers(0, 5)) send(number);
    await eventually(() => first.waiting.length === 5);
    for (let ageMs = 0; ageMs <= 2 * MAX_AGE_MS; ageMs += 1_000) await settled(1);
    const second = await Receiver.start();
    await first.nats.close();
    await looksAfter(() => second.worked.length === 5, 'the other receiver to get all');
    expect([second.worked, lost]).toEqual([numbers(0, 5), []]);
  });

  it('are settled when a receiver holds them, and do not keep a sender from stopping', async () => {
    const receiver = await Receiver.start({ isSlow: true });
    receiver.saysHeld = true;
    const sent = new Promise((resolve) => outbox.send({ lane: LANE, order: '', subject: SUBJECT, payload: '{"number":0}' }, resolve));
    expect(await sent).toBe(true);
    await outbox.finish();
    expect([receiver.waiting.length, lost]).toEqual([1, []]);
  });

  it('are not sent again when only the confirmation was lost with NATS', async () => {
    const receiver = await Receiver.start({ isSlow: true });
    for (const number of numbers(0, 5)) send(number);
    await eventually(() => receiver.waiting.length === 5);
    const other = await Receiver.start();
    await lostUntilBack(() => receiver.work());
    send(5);
    await looksAfter(() => other.worked.length + receiver.waiting.length === 1, 'the message that was sent while NATS was away');
    await settled();
    receiver.work();
    expect([...receiver.worked, ...other.worked]).toEqual(numbers(0, 6));
    expect([outbox.waiting, lost]).toEqual([0, []]);
  });

  it('are sent again when they were lost with NATS', async () => {
    const receiver = await Receiver.start();
    send(0);
    await eventually(() => receiver.worked.length === 1);
    // These are in the server's socket when it is killed.
    server.pause();
    for (const number of numbers(1, 5)) send(number);
    await new Promise(setImmediate);
    await lostUntilBack(() => send(5));
    await looksAfter(() => receiver.worked.length === 6, 'all messages');
    await settled();
    expect([receiver.worked, lost]).toEqual([numbers(0, 6), []]);
  });

  it('are dropped by a receiver that already has them', async () => {
    const receiver = await Receiver.start();
    const reply = '_INBOX.confirmations.someone.1';
    for (let time = 0; time < 2; time++) nats.nats?.publish(SUBJECT, '{"number":1}', { reply });
    await eventually(() => receiver.worked.length === 1);
    await settled();
    expect(receiver.worked).toEqual([1]);
  });
});

describe('messages to receivers that do not confirm', () => {
  it('are sent once, and counted as lost when the connection breaks', async () => {
    const { worked } = await formerReceiver();
    server.pause();
    send(0);
    await new Promise(setImmediate);
    await lostUntilBack(() => send(1));
    await looksAfter(() => worked.length === 1, 'the message that was sent while NATS was away');
    await settled();
    expect([worked, lost]).toEqual([[1], [[1, 'broken']]]);
  });

  it('are not sent again while a receiver beside them confirms', async () => {
    const confirming = await Receiver.start({ isSlow: true });
    outbox.announced(LANE, undefined);
    send(0);
    await eventually(() => confirming.waiting.length === 1);
    const other = await Receiver.start();
    await confirming.nats.close();
    await settled();
    expect([other.worked, outbox.waiting]).toEqual([[], 0]);
  });
});

it('waits for unconfirmed messages on shutdown', async () => {
  const receiver = await Receiver.start({ isSlow: true });
  send(0);
  await eventually(() => receiver.waiting.length === 1);
  let isFinished = false;
  const finished = outbox.finish().then(() => (isFinished = true));
  await nats.nats?.flush();
  expect(isFinished).toBe(false);
  receiver.work();
  await finished;
});
