import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/**
 * Starts a TCP proxy on loopback that can stop forwarding while its connections stay open, as a network that swallows everything does.
 *
 * @example
 * await using proxy = await startTcpProxy(irc.port);
 * proxy.swallow();
 */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort);
  await proxy.start();
  return proxy;
}

/** See {@link startTcpProxy}. */
export class TcpProxy implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #server: Server;
  /** Sockets whose data is forwarded. */
  readonly #sockets = new Set<Socket>();
  readonly #open = new Set<Socket>();
  /** Connections made so far. */
  connections = 0;
  /** Whether new connections are reset, as by a server that does not run. */
  refuses = false;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#pass(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Called by {@link startTcpProxy}. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** From now on nothing that either side of a present connection sends arrives; new connections work. */
  swallow(): void {
    for (const socket of this.#sockets) {
      socket.removeAllListeners('data');
      socket.resume();
    }
    this.#sockets.clear();
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(client: Socket): void {
    this.connections++;
    if (this.refuses) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = connect(this.#targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      this.#open.add(from);
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#open.delete(from);
        // A swallowed connection stays open on the other side.
        if (this.#sockets.delete(from)) to.destroy();
      });
    }
  }
}
