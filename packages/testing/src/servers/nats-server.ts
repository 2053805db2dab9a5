import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { binary } from '../programs/binaries.ts';
import { eventually } from '../waiting/eventually.ts';
import { freePort } from '../processes/ports.ts';
import { RestartableServer } from '../processes/restartable-server.ts';

export interface NatsServerOptions {
  /** Token that clients must give; without one, any client may connect. */
  readonly token?: string;
  /** Port to listen on; a free one unless given. */
  readonly port?: number;
  /** Further settings of the server, by their names in its configuration, e.g. `{ max_payload: 1024 }`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * Starts a NATS server on loopback, in some 50 milliseconds.
 *
 * @throws {ServerError} with the end of its log when it does not start.
 * @example
 * await using nats = await startNatsServer({ token: 's3cret' });
 * const connection = await connect({ servers: nats.url, token: 's3cret' });
 */
export async function startNatsServer({ token, port, settings }: NatsServerOptions = {}): Promise<NatsServer> {
  const server = new NatsServer(port ?? (await freePort()));
  try {
    await server.start({ token, settings });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A NATS server that can be killed, and started again on its port. */
export class NatsServer extends RestartableServer {
  readonly port: number;
  #name = '';
  #token: string | undefined;
  #settings: NatsServerOptions['settings'];

  /** Made by {@link startNatsServer}. */
  constructor(port: number) {
    super('nats');
    this.port = port;
  }

  /** Host and port, as `NATS_HOST` takes it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `nats://${this.host}`;
  }

  /** Starts the server on the same port, with its previous token and settings unless others are given, and waits until it accepts connections. */
  async start({
    token = this.#token,
    settings = this.#settings,
  }: { readonly token?: string | undefined; readonly settings?: NatsServerOptions['settings'] } = {}): Promise<void> {
    this.#token = token;
    this.#settings = settings;
    // The name distinguishes the server from another one that already listens on the port.
    this.#name = randomUUID();
    await this.startProcess({
      name: 'nats-server',
      command: binary('nats-server'),
      args: ['--config', this.#writeConfiguration()],
      isReady: () => greets(this.port, this.#name),
    });
  }

  /** Applies other settings without a restart, as `nats-server --signal reload` does, and waits until the server has. */
  async reload(settings: NonNullable<NatsServerOptions['settings']>): Promise<void> {
    this.#settings = settings;
    const reloads = (): number => this.logTail(10_000).split('Reloaded server configuration').length;
    const before = reloads();
    this.#writeConfiguration();
    this.signalProcess('SIGHUP');
    await eventually(() => reloads() > before, { what: 'the NATS server to reload its configuration' });
  }

  /** In a file, because arguments are visible to all users of the machine. @returns its path. */
  #writeConfiguration(): string {
    const configuration = join(this.folder, 'nats.conf');
    const authorization = this.#token === undefined ? {} : { authorization: { token: this.#token } };
    const settings = { server_name: this.#name, host: '127.0.0.1', port: this.port, ...authorization, ...this.#settings };
    writeFileSync(configuration, JSON.stringify(settings), { mode: 0o600 });
    return configuration;
  }
}

/** Whether the server with this name listens on the port: a NATS server sends the first message. */
function greets(port: number, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy(new Error('no greeting')));
    socket.once('error', reject);
    socket.once('data', (greeting: Buffer) => {
      socket.destroy();
      resolve(greeting.includes(`"server_name":"${name}"`));
    });
  });
}
