import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Forwards TCP connections, and can stall or refuse them. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** Connections accepted so far. */
  accepted = 0;
  #isRefusing = false;

  private constructor(targetPort: number) {
    this.#server = createServer((near) => {
      if (this.#isRefusing) return void near.destroy();
      this.accepted += 1;
      const far = connect(targetPort, '127.0.0.1');
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      near.pipe(far);
      far.pipe(near);
      for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          other.destroy();
          this.#pairs.delete(pair);
        });
      }
    });
  }

  static async before(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(Number(new URL(url).port));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** URL of the proxy, in place of that of the server behind it. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return `https://127.0.0.1:${address.port}`;
  }

  get open(): number {
    return this.#pairs.size;
  }

  /** Drops all data on the connections that are open now, which stay open. New ones work. */
  stall(): void {
    for (const sockets of this.#pairs) {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    }
  }

  /** Breaks all connections, and accepts no new ones. */
  refuse(): void {
    this.#isRefusing = true;
    this.cut();
  }

  /** Accepts connections again. */
  allow(): void {
    this.#isRefusing = false;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
