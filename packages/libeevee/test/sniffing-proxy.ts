import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A proxy between a client and a server that records every byte of the client, as anyone on the network can. */
export class SniffingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes that clients sent. */
  sniffed = Buffer.alloc(0);
  /** Pieces in which they arrived. */
  pieces = 0;
  connections = 0;

  private constructor(targetPort: number, rewrite: (fromServer: string) => string) {
    this.#server = createServer((client) => {
      this.connections++;
      const server = connect(targetPort, '127.0.0.1');
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => other.destroy());
      }
      client.on('data', (bytes: Buffer) => {
        this.pieces++;
        this.sniffed = Buffer.concat([this.sniffed, bytes]);
        server.write(bytes);
      });
      // The first message of a NATS server is its greeting, in clear text.
      server.once('data', (bytes) => {
        client.write(rewrite(bytes.toString()));
        server.on('data', (more) => client.write(more));
      });
    });
  }

  /** @param rewrite changes the server's greeting, as an attacker would. */
  static async start(targetPort: number, rewrite: (greeting: string) => string = (greeting) => greeting): Promise<SniffingProxy> {
    const proxy = new SniffingProxy(targetPort, rewrite);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
