import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Agent, request } from 'node:https';
import { pipeline } from 'node:stream';
import { KubeConfig } from '@kubernetes/client-node';

/** The proxy's response in place of the API server's. */
export interface Fault {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** The response of an overloaded API server. */
export const comeBackLater = (seconds: number, message: string): Fault => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
  body: { kind: 'Status', code: 429, reason: 'TooManyRequests', message },
});

/** A request that the proxy received. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly atMs: number;
  readonly fault: Fault | undefined;
}

/** An HTTP proxy for an API server that uses the kubeconfig's credentials and answers some requests itself. */
export class ApiServerProxy implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  /** Returns the fault for a request, or `undefined` to forward it. */
  faultFor: (request: { readonly method: string; readonly url: string }) => Fault | undefined = () => undefined;
  /** Awaited before a request is forwarded. */
  arriving: (request: { readonly method: string; readonly url: string }) => Promise<void> = async () => undefined;
  /** Called with the API server's response before it is forwarded; `false` withholds it from the client. */
  answered: (request: { readonly method: string; readonly url: string; readonly status: number }) => boolean = () => true;
  /** Awaited before each part of a response is forwarded; a watch has one for each change. */
  passing: (request: { readonly url: string }) => Promise<void> = async () => undefined;
  readonly #server: Server;
  readonly #agent: Agent;

  private constructor(target: string, agent: Agent) {
    this.#agent = agent;
    this.#server = createServer((incoming, outgoing) => {
      const { method = 'GET', url = '/' } = incoming;
      const fault = this.faultFor({ method, url });
      this.seen.push({ method, url, atMs: performance.now(), fault });
      if (fault !== undefined) {
        incoming.resume();
        outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(JSON.stringify(fault.body));
        return;
      }
      const { host: _, ...headers } = incoming.headers;
      const onward = request(new URL(url, target), { method, headers, agent }, (answer: IncomingMessage) => {
        const { statusCode: status = 502 } = answer;
        if (!this.answered({ method, url, status })) {
          answer.resume();
          return;
        }
        outgoing.writeHead(status, answer.headers);
        const hold = async function* (this: ApiServerProxy, parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
          for await (const part of parts) {
            await this.passing({ url });
            yield part;
          }
        };
        pipeline(answer, hold.bind(this), outgoing, () => undefined);
      });
      onward.on('error', () => outgoing.destroy());
      // The API server may carry out a write whose client is gone.
      outgoing.on('close', () => {
        if (method === 'GET' || !incoming.complete) onward.destroy();
      });
      this.arriving({ method, url }).then(
        () => incoming.pipe(onward),
        (error: Error) => onward.destroy(error),
      );
    });
  }

  static async before(kubeconfig: string): Promise<ApiServerProxy> {
    const loaded = new KubeConfig();
    loaded.loadFromFile(kubeconfig);
    const options: Record<string, unknown> = {};
    await loaded.applyToHTTPSOptions(options);
    const { ca, cert, key } = options as { ca: Buffer; cert: Buffer; key: Buffer };
    const proxy = new ApiServerProxy(loaded.getCurrentCluster()?.server ?? '', new Agent({ ca, cert, key, keepAlive: true }));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Ends the connections of all clients. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#agent.destroy();
    await once(this.#server, 'close');
  }
}
