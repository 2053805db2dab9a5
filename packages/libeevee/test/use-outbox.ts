import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach } from 'vitest';
import { type LossReason, Outbox } from '../src/delivery/index.ts';
import { NatsClient } from '../src/nats/client.ts';
import { Receiver, SUBJECT } from './outbox-receiver.ts';

export const RETRY_MS = 200;
export const MAX_AGE_MS = 60_000;
export const LANE = 'main';

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

/** An outbox with its server, receivers and clock. */
export class OutboxWorld {
  readonly server: NatsServer;
  readonly nats: NatsClient;
  readonly outbox: Outbox;
  readonly clock = new ManualClock();
  /** Messages that the outbox reported as lost. */
  readonly lost: [number, LossReason][] = [];
  readonly #clients: NatsClient[];
  readonly #connections: NatsConnection[] = [];

  private constructor(server: NatsServer, nats: NatsClient) {
    this.server = server;
    this.nats = nats;
    this.#clients = [nats];
    const onLost = (messages: number, reason: LossReason) => void this.lost.push([messages, reason]);
    this.outbox = new Outbox({ nats, clock: this.clock, maxAgeMs: MAX_AGE_MS, onLost });
  }

  static async start(): Promise<OutboxWorld> {
    const server = await startNatsServer();
    const world = new OutboxWorld(server, await connected(server));
    await world.outbox.start();
    return world;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) await connection.close();
    for (const client of this.#clients) await client.close();
    await this.server.stop();
  }

  /** Starts a receiver that confirms, and announces it to the outbox. */
  async receiver({ isSlow = false } = {}): Promise<Receiver> {
    const client = await connected(this.server);
    this.#clients.push(client);
    const receiver = await Receiver.start(client, { isSlow });
    this.outbox.announced(LANE, receiver.inbox.id);
    return receiver;
  }

  /** Numbers of the messages that a receiver without confirmations receives from now on. */
  async formerReceiver(): Promise<{ readonly worked: number[] }> {
    const connection = await connect({ servers: this.server.host, maxReconnectAttempts: -1, reconnectTimeWait: 20, reconnectJitter: 0 });
    this.#connections.push(connection);
    const worked: number[] = [];
    connection.subscribe(SUBJECT, { callback: (_error, msg) => void worked.push(msg.json<{ number: number }>().number) });
    await connection.flush();
    return { worked };
  }

  /** Sends a message. @param settled called with the outcome; see {@link Outbox.deliver}. */
  send(number: number, { order = '', lane = LANE, settled }: SendOptions = {}): void {
    const outcome = this.outbox.deliver({ lane, order, subject: SUBJECT, payload: JSON.stringify({ number }) });
    if (typeof outcome === 'boolean') settled?.(outcome);
    else void outcome.then(settled);
  }

  untilKept(count: number): Promise<true> {
    return eventually(() => this.outbox.waiting === count, { what: `${count} to be kept`, intervalMs: 5 });
  }

  /** Lets the outbox check its messages until a condition holds. */
  looksAfter(condition: () => boolean, what: string): Promise<true> {
    return eventually(
      () => {
        this.clock.advance(RETRY_MS);
        return condition();
      },
      { what, intervalMs: 5, timeoutMs: 30_000 },
    );
  }

  /** Waits until all messages have been delivered, and the outbox has checked them. */
  async settled(rounds = 10): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      this.clock.advance(1_000);
      await this.nats.nats?.flush();
    }
  }

  /** Kills the server, and starts it again after `during`. */
  async lostUntilBack(during: () => void): Promise<void> {
    await this.server.kill();
    await eventually(() => this.#clients.every((each) => each.isClosed()), { intervalMs: 5 });
    during();
    await this.server.start();
    await eventually(() => this.#clients.every((each) => !each.isClosed()), { intervalMs: 5 });
  }
}

interface SendOptions {
  readonly order?: string;
  readonly lane?: string;
  readonly settled?: (sent: boolean) => void;
}

/** Starts an outbox on a server of its own for each test of a file. */
export function useOutbox(): { readonly world: OutboxWorld } {
  let world: OutboxWorld | undefined;
  beforeEach(async () => {
    world = await OutboxWorld.start();
  });
  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });
  return {
    get world() {
      if (world === undefined) throw new Error('useOutbox() starts the outbox before each test: use it only inside of tests');
      return world;
    },
  };
}

async function connected(server: NatsServer): Promise<NatsClient> {
  const client = new NatsClient({ natsHost: server.host });
  await client.connect();
  return client;
}

export const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
