import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type ClientOperation, ClientOperations, isSubscribedTo } from './nats-protocol.ts';

/** Address of a bus, and the credentials for it. */
export interface BusAddress {
  /** `host:port`. */
  readonly host: string;
  readonly token: string;
}

interface BusSubscription {
  readonly client: BusClient;
  readonly subject: string;
  readonly queue: string | undefined;
  readonly sid: string;
  delivered: number;
  max: number | undefined;
}

type Publication = Extract<ClientOperation, { kind: 'publish' }>;

const MAX_PAYLOAD_BYTES = 1024 * 1024;

const NO_RESPONDERS = 'NATS/1.0 503\r\n\r\n';

/**
 * A minimal NATS server in this process: subscriptions with wildcards and queue groups, requests and headers, on a free port of the
 * loopback interface. It persists nothing. Its clients are real NATS clients.
 */
export class MemoryBus implements AsyncDisposable {
  readonly #server: Server;
  readonly #clients = new Set<BusClient>();
  readonly #subscriptions = new Set<BusSubscription>();
  /** Next member, by subject and queue group: if groups shared turns, one group could always get the same member. */
  readonly #turns = new Map<string, number>();

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      const client = new BusClient(socket, (operation) => this.#do(client, operation));
      this.#clients.add(client);
      socket.on('close', () => this.#forget(client));
      client.say(
        `INFO ${JSON.stringify({ server_id: 'memory', version: '2.10.0', proto: 1, headers: true, max_payload: MAX_PAYLOAD_BYTES })}`,
      );
    });
  }

  /** Starts a bus that accepts connections. */
  static async start(): Promise<MemoryBus> {
    const bus = new MemoryBus();
    await new Promise<void>((resolve, reject) => {
      bus.#server.once('error', reject);
      bus.#server.listen(0, '127.0.0.1', resolve);
    });
    return bus;
  }

  get address(): BusAddress {
    // For a TCP server, the address has this type.
    const { port } = this.#server.address() as AddressInfo;
    return { host: `127.0.0.1:${port}`, token: 'any' };
  }

  /** Ends all connections. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.end();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #forget(client: BusClient): void {
    this.#clients.delete(client);
    for (const subscription of this.#subscriptions) if (subscription.client === client) this.#subscriptions.delete(subscription);
  }

  #do(client: BusClient, operation: ClientOperation): void {
    switch (operation.kind) {
      case 'connect':
        client.options = operation.options;
        break;
      case 'ping':
        client.say('PONG');
        break;
      case 'pong':
        break;
      case 'subscribe': {
        const { subject, queue, sid } = operation;
        this.#subscriptions.add({ client, subject, queue, sid, delivered: 0, max: undefined });
        break;
      }
      case 'unsubscribe':
        this.#unsubscribe(client, operation);
        break;
      case 'publish':
        this.#publish(client, operation);
        break;
    }
  }

  #unsubscribe(client: BusClient, { sid, max }: Extract<ClientOperation, { kind: 'unsubscribe' }>): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.client !== client || subscription.sid !== sid) continue;
      if (max === undefined || subscription.delivered >= max) this.#subscriptions.delete(subscription);
      else subscription.max = max;
    }
  }

  #publish(client: BusClient, publication: Publication): void {
    const receivers = this.#receivers(client, publication.subject);
    for (const subscription of receivers) {
      subscription.client.deliver(subscription.sid, publication);
      if (++subscription.delivered === subscription.max) this.#subscriptions.delete(subscription);
    }
    // A request without responders is answered immediately.
    if (receivers.length > 0 || publication.reply === '' || client.options['no_responders'] !== true) return;
    const payload = Buffer.from(NO_RESPONDERS);
    this.#publish(client, { kind: 'publish', subject: publication.reply, reply: '', headerBytes: payload.length, payload });
  }

  /** All subscribers without a queue, and the next one of each queue group. */
  #receivers(publisher: BusClient, subject: string): BusSubscription[] {
    const groups = new Map<string, BusSubscription[]>();
    const receivers: BusSubscription[] = [];
    for (const subscription of this.#subscriptions) {
      if (!isSubscribedTo(subscription.subject, subject)) continue;
      if (subscription.client === publisher && publisher.options['echo'] === false) continue;
      if (subscription.queue === undefined) receivers.push(subscription);
      else groups.set(subscription.queue, [...(groups.get(subscription.queue) ?? []), subscription]);
    }
    for (const [queue, members] of groups) {
      const chosen = members[this.#nextTurn(`${members[0]?.subject} ${queue}`) % members.length];
      if (chosen !== undefined) receivers.push(chosen);
    }
    return receivers;
  }

  #nextTurn(group: string): number {
    const turn = this.#turns.get(group) ?? 0;
    this.#turns.set(group, turn + 1);
    return turn;
  }
}

/** One connection. */
class BusClient {
  options: Readonly<Record<string, unknown>> = {};
  readonly #socket: Socket;

  constructor(socket: Socket, act: (operation: ClientOperation) => void) {
    this.#socket = socket;
    const operations = new ClientOperations();
    socket.on('data', (chunk: Buffer) => {
      for (const operation of operations.read(chunk)) act(operation);
    });
    // A client may reset the connection: 'close' follows.
    socket.on('error', () => socket.destroy());
  }

  say(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  deliver(sid: string, { subject, reply, headerBytes, payload }: Publication): void {
    const to = [subject, sid, ...(reply === '' ? [] : [reply])].join(' ');
    const head = headerBytes === 0 ? `MSG ${to} ${payload.length}` : `HMSG ${to} ${headerBytes} ${payload.length}`;
    this.#socket.write(Buffer.concat([Buffer.from(`${head}\r\n`), payload, Buffer.from('\r\n')]));
  }

  end(): void {
    this.#socket.destroy();
  }
}
