import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy for an S3 server that holds some requests until they are released. */
export class SlowStore implements AsyncDisposable {
  readonly #server: Server;
  readonly #asked = Promise.withResolvers<void>();
  readonly #passed = Promise.withResolvers<void>();

  private constructor(port: number, isHeld: (url: string) => boolean) {
    this.#server = createServer((incoming, outgoing) => {
      const { method, url = '/', headers } = incoming;
      const pass = () => {
        const onward = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
        onward.on('error', () => outgoing.destroy());
        incoming.pipe(onward);
      };
      if (!isHeld(url)) return pass();
      this.#asked.resolve();
      void this.#passed.promise.then(pass);
    });
  }

  static async before(port: number, isHeld: (url: string) => boolean): Promise<SlowStore> {
    const store = new SlowStore(port, isHeld);
    await new Promise<void>((resolve) => store.#server.listen(0, '127.0.0.1', resolve));
    return store;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits for the first held request. */
  asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Forwards held requests, and all later ones. */
  pass(): void {
    this.#passed.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
