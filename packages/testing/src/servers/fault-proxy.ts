import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';

/** A fault between a client and a server. */
export type Fault =
  /** The proxy sends its own response. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The connection is reset before the request is read, or after the given number of bytes of its body. */
  | { readonly kind: 'reset'; readonly afterRequestBytes?: number }
  /** The server handles the request, and the connection is reset instead of the response. */
  | { readonly kind: 'lose-answer' }
  /** The proxy stops reading after the given number of bytes of the request's body. */
  | { readonly kind: 'stall-upload'; readonly afterBytes: number }
  /** One byte of the request's body is changed. */
  | { readonly kind: 'corrupt-upload'; readonly afterBytes: number }
  /** After the given number of bytes of the response's body the connection is reset, stalls, or one byte is changed. */
  | { readonly kind: 'cut' | 'stall' | 'corrupt'; readonly afterBytes: number };

/** A fault, the requests that it affects, and how often. */
export interface FaultRule {
  readonly fault: Fault;
  /** Whether a request is affected. */
  readonly strikes: (asked: { readonly method: string; readonly url: string }) => boolean;
  /** Default 1. */
  readonly times?: number;
}

/** Protocol between client and proxy. */
export interface FaultProxyOptions {
  /** Key and certificate in PEM: the proxy accepts HTTPS, and forwards HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/**
 * Starts an HTTP proxy on loopback that forwards requests to a server, except for those with a fault.
 *
 * @example
 * await using proxy = await startFaultProxy(s3.port);
 * proxy.add({ fault: { kind: 'answer', status: 503 }, strikes: ({ method }) => method === 'PUT', times: 2 });
 */
export async function startFaultProxy(targetPort: number, options: FaultProxyOptions = {}): Promise<FaultProxy> {
  const proxy = new FaultProxy(targetPort, options);
  await proxy.start();
  return proxy;
}

/** See {@link startFaultProxy}. */
export class FaultProxy implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  readonly #rules: { rule: FaultRule; left: number }[] = [];
  /** Method and URL of every request, including those with a fault. */
  readonly requests: string[] = [];

  constructor(targetPort: number, { tls }: FaultProxyOptions) {
    this.#targetPort = targetPort;
    const handle = (incoming: IncomingMessage, answer: ServerResponse) => this.#handle(incoming, answer);
    this.#server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
    this.#scheme = tls === undefined ? 'http' : 'https';
  }

  get endpoint(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 });
  }

  /** Removes all rules and recorded requests. */
  clear(): void {
    this.#rules.length = 0;
    this.requests.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(incoming: IncomingMessage, answer: ServerResponse): void {
    const fault = this.#faultFor({ method: incoming.method ?? '', url: incoming.url ?? '' });
    // Either side may disconnect at any time, which is expected here.
    incoming.on('error', () => undefined);
    answer.on('error', () => undefined);
    if (fault?.kind === 'answer') {
      incoming.resume();
      incoming.once('end', () => answer.writeHead(fault.status, fault.headers).end(fault.body));
    } else if (fault?.kind === 'reset') resetAfter(incoming, fault.afterRequestBytes ?? 0);
    else if (fault?.kind === 'stall-upload') stopReadingAfter(incoming, fault.afterBytes);
    else this.#pass(incoming, answer, fault);
  }

  /** Records the request, and counts it against the first rule that matches. */
  #faultFor(asked: { readonly method: string; readonly url: string }): Fault | undefined {
    this.requests.push(`${asked.method} ${asked.url}`);
    const struck = this.#rules.find(({ rule, left }) => left > 0 && rule.strikes(asked));
    if (struck !== undefined) struck.left--;
    return struck?.rule.fault;
  }

  #pass(
    incoming: IncomingMessage,
    answer: ServerResponse,
    fault: Exclude<Fault, { kind: 'answer' | 'reset' | 'stall-upload' }> | undefined,
  ): void {
    const { method, url, rawHeaders } = incoming;
    const passed = request({ host: '127.0.0.1', port: this.#targetPort, method, path: url, headers: rawHeaders, agent: false });
    passed.on('error', () => incoming.socket.destroy());
    passed.on('response', (response) => {
      response.on('error', () => answer.destroy());
      if (fault?.kind === 'lose-answer') {
        response.resume();
        response.once('end', () => incoming.socket.resetAndDestroy());
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
      if (fault === undefined || fault.kind === 'corrupt-upload') response.pipe(answer);
      else spoil(response, answer, fault);
    });
    if (fault?.kind === 'corrupt-upload') incoming.pipe(withOtherByte(fault.afterBytes)).pipe(passed);
    else incoming.pipe(passed);
  }
}

function resetAfter(incoming: IncomingMessage, bytes: number): void {
  let read = 0;
  const reset = (): void => void incoming.socket.resetAndDestroy();
  if (bytes === 0) return reset();
  incoming.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read >= bytes) reset();
  });
}

function stopReadingAfter(incoming: IncomingMessage, bytes: number): void {
  let read = 0;
  incoming.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read >= bytes) incoming.pause();
  });
}

function withOtherByte(at: number): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const index = at - passed;
      passed += chunk.length;
      const other = Buffer.from(chunk);
      if (index >= 0 && index < other.length) other[index] = (other[index] ?? 0) ^ 0xff;
      done(null, other);
    },
  });
}

function spoil(
  response: IncomingMessage,
  answer: ServerResponse,
  { kind, afterBytes }: Extract<Fault, { kind: 'cut' | 'stall' | 'corrupt' }>,
): void {
  let passed = 0;
  response.on('data', (chunk: Buffer) => {
    const at = afterBytes - passed;
    passed += chunk.length;
    const isHere = at >= 0 && at < chunk.length;
    if (!isHere) {
      if (at >= 0 || kind === 'corrupt') answer.write(chunk);
      return;
    }
    if (kind === 'corrupt') {
      const other = Buffer.from(chunk);
      other[at] = (other[at] ?? 0) ^ 0xff;
      answer.write(other);
      return;
    }
    answer.write(chunk.subarray(0, at), () => kind === 'cut' && answer.socket?.resetAndDestroy());
  });
  response.once('end', () => kind === 'corrupt' && answer.end());
}
