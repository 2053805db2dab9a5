import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/**
 * Starts a TCP proxy on loopback that can stall, cut and refuse connections.
 *
 * @param target port on loopback, or URL with one.
 * @example
 * await using proxy = await startTcpProxy(irc.port);
 * proxy.stall();
 */
export async function startTcpProxy(target: number | string): Promise<TcpProxy> {
  const proxy = new TcpProxy(typeof target === 'number' ? target : Number(new URL(target).port));
  await proxy.start();
  return proxy;
}

/** See {@link startTcpProxy}. */
export class TcpProxy implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isRefusing = false;
  /** Connections forwarded so far. */
  connections = 0;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#forward(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** URL to use instead of that of a server with TLS behind it. */
  get httpsUrl(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Number of connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Called by {@link startTcpProxy}. */
  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /**
   * Drops all data on the open connections, which stay open on both sides, as on a network that loses every packet. New connections work.
   */
  stall(): void {
    for (const sockets of this.#pairs) {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    }
  }

  /** Breaks all connections, and ends new ones at once. */
  refuse(): void {
    this.#isRefusing = true;
    this.cut();
  }

  /** Accepts connections again. */
  allow(): void {
    this.#isRefusing = false;
  }

  /** Breaks all connections, including stalled ones. */
  cut(): void {
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #forward(client: Socket): void {
    if (this.#isRefusing) return void client.destroy();
    this.connections++;
    const server = connect(this.#targetPort, '127.0.0.1');
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    client.pipe(server);
    server.pipe(client);
    for (const [socket, other] of [[client, server] as const, [server, client] as const]) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}
