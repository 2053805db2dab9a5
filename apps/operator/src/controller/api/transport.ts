import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { FIELD_MANAGER } from '@eeveebot/contract';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../clock.ts';
import { ConnectionError, NotLeaderError } from '../errors.ts';
import { dispatchersFor, type Dispatchers } from './dispatchers.ts';
import { openStream, wholeResponse, type ExchangeOptions, type Response, type ResponseHead } from './exchange.ts';
import type { Flow } from './paced-lines.ts';
import { refusal } from './refusal.ts';
import { RequestTurns, type Turn } from './request-turns.ts';
import { serverAddress } from './server-address.ts';

/** Timeout of a request. The API server waits up to 30 seconds for a webhook, and reports the one that did not answer. */
const REQUEST_TIMEOUT_MS = 35_000;

/** How long credentials are reused: the files of a service account change while the process runs. */
const CREDENTIALS_TTL_MS = 30_000;

/** One request to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path and query, from the server's root. */
  readonly path: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** The response is an endless stream: a watch. */
  readonly stream?: boolean;
  /** The request must not queue behind slow requests: for the renewal of a Lease. */
  readonly urgent?: boolean;
  /** The request does not count for {@link Transport.quietMs}. */
  readonly background?: boolean;
  /** Throws when the request may no longer be sent. Called immediately before it is written to a connection. */
  readonly permit?: (() => void) | undefined;
}

/** Reports each request, for metrics. */
export type RequestObserver = (request: { readonly method: string; readonly code: string; readonly seconds: number }) => void;

/** How a request is sent, and its response received. */
type Send<R extends Response> = (options: ExchangeOptions, onHead: (head: ResponseHead) => void) => Promise<R>;

interface Connection {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatchers: Dispatchers;
}

/** Credentials that were read or are being read. */
interface Reading {
  readonly promise: Promise<Connection>;
  connection: Connection | undefined;
}

/**
 * HTTP client of one API server. The client library reads the kubeconfig, the certificates and the credentials,
 * including exec plugins and rotated service account tokens. Connections are pooled here, because the library
 * would open a new one for each request.
 */
export class Transport {
  readonly #kubeConfig: KubeConfig;
  readonly #observe: RequestObserver;
  readonly #server: string;
  readonly #origin: string;
  /** Path prefix of the API, such as that of a proxy in front of several clusters. */
  readonly #root: string;
  readonly #turns: RequestTurns;
  #underWay = 0;
  #lastEndedMs = Number.NEGATIVE_INFINITY;
  #reading: Reading | undefined;
  #connectedAtMs = 0;
  #dispatchers: Dispatchers | undefined;

  /** @throws Error when the kubeconfig names no cluster. */
  constructor(kubeConfig: KubeConfig, observe: RequestObserver = () => {}, clock: Clock = systemClock) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) {
      throw new Error(
        `The kubeconfig's current context (${kubeConfig.getCurrentContext() || 'none is set'}) does not name a cluster: choose one with "kubectl config use-context NAME"`,
      );
    }
    this.#kubeConfig = kubeConfig;
    this.#observe = observe;
    this.#turns = new RequestTurns(clock);
    this.#server = cluster.server.replace(/\/+$/, '');
    ({ origin: this.#origin, root: this.#root } = serverAddress(this.#server));
  }

  /** URL of the API server. */
  get server(): string {
    return this.#server;
  }

  /** Time since the last request, not counting watches and background requests; 0 while one is in flight. */
  get quietMs(): number {
    return this.#underWay > 0 ? 0 : performance.now() - this.#lastEndedMs;
  }

  /** Whether requests wait for others, although none like them are slow. */
  get isBusy(): boolean {
    return this.#turns.isBusy;
  }

  /**
   * Sends a request and returns its parsed response.
   *
   * @throws ApiError when the server refused the request, ConnectionError when there was no response, GivenUpError when too many like it were slow.
   */
  async json<T>(apiRequest: ApiRequest): Promise<T> {
    if (apiRequest.background === true) return this.#json(apiRequest);
    this.#underWay++;
    try {
      return await this.#json(apiRequest);
    } finally {
      this.#underWay--;
      this.#lastEndedMs = performance.now();
    }
  }

  async #json<T>(apiRequest: ApiRequest): Promise<T> {
    const { text } = await this.#accepted(apiRequest, wholeResponse);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new ConnectionError(`${apiRequest.method} ${pathOnly(apiRequest.path)}: the response is not JSON`, { cause });
    }
  }

  /**
   * Sends a request whose response is endless, and calls back with each part of its body. An error that the callback throws ends the response.
   *
   * @returns once the server has accepted the request. `ended` settles when the response has ended.
   * @throws ApiError when the server refused the request, ConnectionError when there was no response.
   */
  async stream(apiRequest: ApiRequest, onChunk: (chunk: Buffer, flow: Flow) => void): Promise<{ readonly ended: Promise<void> }> {
    const { ended } = await this.#accepted({ ...apiRequest, stream: true }, (options, onHead) => openStream(options, { onHead, onChunk }));
    return { ended };
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const dispatchers = this.#dispatchers;
    this.#dispatchers = undefined;
    this.#reading = undefined;
    this.#turns.close(new ConnectionError('the client of the API server is closed'));
    await Promise.all([
      dispatchers?.requests.destroy(),
      dispatchers?.extra.destroy(),
      dispatchers?.urgent.destroy(),
      dispatchers?.streams.destroy(),
    ]);
  }

  /** Sends a request; once more with new credentials if the server refuses them, because a token may have been rotated since it was read. */
  async #accepted<R extends Response>(apiRequest: ApiRequest, send: Send<R>): Promise<R> {
    let response = await this.#send(apiRequest, send);
    if (response.statusCode === 401) {
      this.#reading = undefined;
      response = await this.#send(apiRequest, send);
    }
    if (response.statusCode >= 300) throw refusal(response, `${apiRequest.method} ${pathOnly(apiRequest.path)}`);
    return response;
  }

  /** Sends a request when it is its turn. Watches and urgent requests have connections of their own. */
  async #send<R extends Response>(apiRequest: ApiRequest, send: Send<R>): Promise<R> {
    if (apiRequest.stream === true || apiRequest.urgent === true) return this.#sendNow(apiRequest, send);
    const next = this.#turns.begin(apiRequest);
    const turn = next instanceof Promise ? await next : next;
    let isAnswered = false;
    try {
      const response = await this.#sendNow(boundedBy(turn, apiRequest), send, turn);
      isAnswered = true;
      return response;
    } finally {
      this.#turns.end(turn, isAnswered);
    }
  }

  async #sendNow<R extends Response>(apiRequest: ApiRequest, send: Send<R>, turn?: Turn): Promise<R> {
    const { method, path, signal, permit } = apiRequest;
    const startedMs = performance.now();
    let isAnswered = false;
    const finished = (code: string) => this.#observe({ method, code, seconds: (performance.now() - startedMs) / 1000 });
    try {
      signal.throwIfAborted();
      const known = this.#connect();
      const connection = known instanceof Promise ? await unlessAborted(known, signal) : known;
      const options = {
        dispatcher: dispatcherFor(apiRequest, connection, turn),
        request: this.#dispatchOptions(apiRequest, connection),
        signal,
        permit,
      };
      return await send(options, ({ statusCode }) => {
        isAnswered = true;
        finished(String(statusCode));
      });
    } catch (cause) {
      if (!isAnswered) finished('<error>');
      if (signal.aborted) throw signal.reason;
      if (cause instanceof NotLeaderError) throw cause;
      const problem = isAnswered ? 'the response ended prematurely' : `no response from ${this.#server}`;
      throw new ConnectionError(`${method} ${pathOnly(path)}: ${problem}`, { cause });
    }
  }

  #dispatchOptions(
    { method, path, accept, contentType, body, stream = false }: ApiRequest,
    { headers }: Connection,
  ): Dispatcher.DispatchOptions {
    return {
      origin: this.#origin,
      path: this.#root + path,
      method,
      headersTimeout: REQUEST_TIMEOUT_MS,
      bodyTimeout: stream ? 0 : REQUEST_TIMEOUT_MS,
      headers: {
        ...headers,
        accept: accept ?? 'application/json',
        ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }

  /** Credentials and connections, read once for all requests that wait for them. Known ones are returned without a promise to wait for. */
  #connect(): Connection | Promise<Connection> {
    const isFresh = performance.now() - this.#connectedAtMs < CREDENTIALS_TTL_MS;
    if (this.#reading !== undefined && isFresh) return this.#reading.connection ?? this.#reading.promise;
    const promise = unlessAborted(this.#readCredentials(), AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    const reading: Reading = { promise, connection: undefined };
    this.#reading = reading;
    this.#connectedAtMs = performance.now();
    promise.then(
      (connection) => (reading.connection = connection),
      () => {
        // Waiters get the rejection; the next request retries.
        if (this.#reading === reading) this.#reading = undefined;
      },
    );
    return promise;
  }

  async #readCredentials(): Promise<Connection> {
    const options: RequestOptions & Record<string, unknown> = {};
    await this.#kubeConfig.applyToHTTPSOptions(options);
    const tokenFile = this.#tokenFile();
    // Read here, because the library would keep an old token for a minute although the server refuses it.
    const token = tokenFile === undefined ? {} : { authorization: `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` };
    const basic = typeof options.auth === 'string' ? { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` } : {};
    const headers = Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
    return { headers: { ...headers, ...basic, ...token, 'user-agent': FIELD_MANAGER }, dispatchers: this.#dispatchersFor(options) };
  }

  /** Path of a pod's service account token, which the kubelet replaces long before it expires. */
  #tokenFile(): string | undefined {
    const provider = this.#kubeConfig.getCurrentUser()?.authProvider as { readonly config?: { readonly tokenFile?: string } } | undefined;
    return provider?.config?.tokenFile;
  }

  #dispatchersFor(tls: Readonly<Record<string, unknown>>): Dispatchers {
    const made = dispatchersFor(this.#kubeConfig, tls, this.#dispatchers);
    this.#dispatchers = made;
    return made;
  }
}

function dispatcherFor({ stream = false }: ApiRequest, { dispatchers }: Connection, turn: Turn | undefined): Dispatcher {
  if (turn !== undefined) return dispatchers[turn.lane];
  return stream ? dispatchers.streams : dispatchers.urgent;
}

const boundedBy = ({ probe }: Turn, apiRequest: ApiRequest): ApiRequest =>
  probe === undefined ? apiRequest : { ...apiRequest, signal: AbortSignal.any([apiRequest.signal, probe.signal]) };

/** Settles like `promise`, unless `signal` is aborted first: then it rejects with the reason, and the promise is abandoned. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    if (signal.aborted) abort();
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const pathOnly = (path: string): string => path.split('?')[0] ?? path;
