import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { type Msg, type NatsConnection, connect } from 'nats';
import { ModuleRun } from '../src/module/module-run.ts';
import type { ModuleDefinition } from '../src/module/definition.ts';
import { NatsClient } from '../src/nats/client.ts';

/** A message as sent on the wire. */
export interface Heard {
  readonly subject: string;
  readonly payload: unknown;
}

const TOKEN = 'test-bus';

/** A real NATS server, an observer that receives everything, and modules on it. */
export class TestBus implements AsyncDisposable {
  readonly server: NatsServer;
  readonly observer: NatsConnection;
  readonly heard: Heard[] = [];
  readonly #clients: NatsClient[] = [];

  private constructor(server: NatsServer, observer: NatsConnection) {
    this.server = server;
    this.observer = observer;
  }

  static async start(): Promise<TestBus> {
    const server = await startNatsServer({ token: TOKEN });
    const bus = new TestBus(server, await connect({ servers: server.host, token: TOKEN }));
    bus.observer.subscribe('>', {
      callback: (_error, msg: Msg) => {
        if (msg.data.length > 0) bus.heard.push({ subject: msg.subject, payload: JSON.parse(new TextDecoder().decode(msg.data)) });
      },
    });
    await bus.observer.flush();
    return bus;
  }

  /** Environment of a module in a separate process. */
  get env(): Record<string, string> {
    return { NATS_HOST: this.server.host, NATS_TOKEN: TOKEN };
  }

  async client(name = 'module'): Promise<NatsClient> {
    const client = new NatsClient({ natsHost: this.server.host, natsToken: TOKEN, name });
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  /** Runs a module in this process. */
  async run<Config>(definition: Partial<ModuleDefinition<Config>>, config: Config): Promise<ModuleRun<Config>> {
    const nats = await this.client(definition.name);
    const run = new ModuleRun({ name: 'module', version: '1.0.0', ...definition }, { nats, config, startTimeMs: Date.now() });
    await run.start();
    return run;
  }

  publish(subject: string, payload: unknown): void {
    this.observer.publish(subject, JSON.stringify(payload));
  }

  /** Payloads received on a subject so far. */
  on(subject: string): unknown[] {
    return this.heard.filter((each) => each.subject === subject).map(({ payload }) => payload);
  }

  /** Messages whose subject starts with `prefix`, once there are `count` and no other is in transit. */
  async messages(prefix: string, count: number): Promise<Heard[]> {
    const matching = (): Heard[] => this.heard.filter(({ subject }) => subject.startsWith(prefix));
    await eventually(() => matching().length >= count, { what: `${count} messages on ${prefix}` });
    await this.quiet();
    return matching();
  }

  /** Waits until everything sent before has been received. */
  async quiet(): Promise<void> {
    for (const client of this.#clients) if (!client.isClosed()) await client.nats?.flush();
    await this.observer.flush();
  }

  /** Waits until the modules have handled everything published so far, and their answers have been received. */
  async handled(...runs: { idle(): Promise<void> }[]): Promise<void> {
    await this.observer.flush();
    await this.quiet();
    for (const run of runs) await run.idle();
    await this.quiet();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.observer.close();
    await this.server.stop();
  }
}
