import { connect } from 'node:net';
import { join } from 'node:path';
import { binary } from './binaries.ts';
import { Child, freePort } from './child.ts';
import { eventually } from './eventually.ts';
import { newFolder, removeFolder } from './folder.ts';

/** How a NATS server is started. */
export interface NatsServerOptions {
  /** Token that clients must give; without one, anybody may connect. */
  readonly token?: string;
  /** Port to listen on; a free one unless given. */
  readonly port?: number;
}

/**
 * Starts a NATS server on loopback.
 *
 * @example
 * await using nats = await startNatsServer({ token: 's3cret' });
 * const connection = await connect({ servers: nats.url, token: 's3cret' });
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = new NatsServer(await newFolder('nats'), options.port ?? (await freePort()), options.token);
  await server.start();
  return server;
}

/** A NATS server that can be killed and started again on its port. */
export class NatsServer implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  #token: string | undefined;
  #child: Child | undefined;

  /** Made by {@link startNatsServer}. */
  constructor(folder: string, port: number, token: string | undefined) {
    this.folder = folder;
    this.port = port;
    this.#token = token;
  }

  /** Host and port, as `NATS_HOST` takes it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `nats://${this.host}`;
  }

  /** Starts the server and waits until it takes connections. */
  async start({ token = this.#token }: { readonly token?: string | undefined } = {}): Promise<void> {
    this.#token = token;
    const args = ['--addr', '127.0.0.1', '--port', String(this.port), ...(token === undefined ? [] : ['--auth', token])];
    const child = await Child.start({ command: binary('nats-server'), args, folder: this.folder, logFile: join(this.folder, 'nats.log') });
    this.#child = child;
    await eventually(
      () => {
        if (child.hasEnded) throw new Error(`the NATS server ended:\n${child.logTail()}`);
        return takesConnections(this.port);
      },
      { what: 'the NATS server' },
    );
  }

  /** Ends the server as a crash does; `start` brings it back on the same port. */
  async kill(): Promise<void> {
    await this.#child?.stop('SIGKILL');
  }

  /** Holds the server still, as a network that swallows everything does. */
  freeze(): void {
    this.#child?.signal('SIGSTOP');
  }

  /** Lets a frozen server go on. */
  thaw(): void {
    this.#child?.signal('SIGCONT');
  }

  /** Ends the server and removes its files. */
  async stop(): Promise<void> {
    this.thaw();
    await this.#child?.stop();
    await removeFolder(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Whether somebody listens on a port of loopback. */
export async function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
