import { setTimeout as delay } from 'node:timers/promises';
import { MODULE_ENV, defined } from '@eeveebot/contract';
import { type NatsConnection, NatsError, type Status } from 'nats';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { processState } from '../process-state.ts';
import { type NatsCredentials, checkCredentials, kindOfCredentials, natsAuthenticator } from './credentials.ts';
import { ReconnectPace } from './reconnect-pace.ts';
import { retryDelayMs } from './retry.ts';
import { type NatsServers, natsServers, withoutCredentials } from './servers.ts';
import { type NatsTls, tlsOptions } from './tls.ts';
import { type ClosableTransport, dialNats } from './transport.ts';

const PRODUCER = 'nats';

/** Time limit for a server to answer one connection attempt. */
const DIAL_TIMEOUT_MS = 5_000;

/** A peer that disappears without closing the connection is detected after two unanswered pings. */
const PING_INTERVAL_MS = 10_000;

/** Server and credentials to connect with. */
export interface NatsClientOptions extends NatsCredentials, NatsTls {
  /**
   * `host`, `host:port`, `nats://host:port`, or several of them separated by commas. Default port 4222. `tls://host:port` requires
   * TLS. `user:password@` or a token before the host takes precedence over the other credentials.
   */
  natsHost: string;
  /** Name in the server's monitoring, and `module` label of metrics. Default: the BotModule's name. */
  name?: string;
  /** Ping interval of an idle connection, in milliseconds; two unanswered pings end the connection. Default 10,000. */
  pingIntervalMs?: number;
}

/** Called when the state of the connection changes. */
export interface LinkHandlers {
  /** The first connection is up. */
  readonly connected: (connection: NatsConnection) => void;
  /** The connection is lost, and dialled again. */
  readonly lost: () => void;
  /** A lost connection is up again. */
  readonly back: () => void;
  /** Closed permanently. */
  readonly closed: () => void;
}

/** The error to give up with, if a retry cannot help. */
function fatalConnectError(error: unknown, { host, credentials }: { host: string; credentials: NatsCredentials }): EeveeError | undefined {
  if (error instanceof NatsError && error.isAuthError()) {
    const refused = `NATS at ${host} rejected the ${kindOfCredentials(credentials)}: ${error.message}`;
    return new EeveeError(ERROR_CODES.natsAuthentication, refused, { cause: error });
  }
  return error instanceof EeveeError ? error : undefined;
}

/** The server refuses a publication without telling the publisher which one, except in this error. A refused subscription is logged by its owner. */
function reportServerError({ data, permissionContext }: Status): void {
  if (permissionContext?.operation === 'subscription') return;
  if (permissionContext === undefined) log.warn('NATS server reported an error', { producer: PRODUCER, reason: String(data) });
  else
    log.error(`NATS does not permit to publish to "${permissionContext.subject}": the message is lost`, {
      producer: PRODUCER,
      hint: 'add the subject to the publish permissions of this user in the configuration of NATS',
    });
}

/** The connection to the server: the first dial, reconnects, and whether it is up. */
export class ServerLink {
  /** The host, without credentials. */
  readonly shownHost: string;
  /** The host as given, including credentials. */
  readonly #host: string;
  readonly #credentials: NatsCredentials;
  readonly #tls: NatsTls;
  /** Name in the server's monitoring. */
  readonly #ident: string;
  readonly #pingIntervalMs: number;
  readonly #handlers: LinkHandlers;
  readonly #pace = new ReconnectPace({ now: () => performance.now(), wallNow: Date.now, random: Math.random });
  readonly #closing = new AbortController();
  #connection: NatsConnection | undefined;
  #transport: ClosableTransport | undefined;
  #up = false;
  #lostAtMs = 0;
  /** Why the last attempt failed. */
  #dialFailure: string | undefined;
  #connecting: Promise<void> | undefined;

  constructor({ natsHost, pingIntervalMs = PING_INTERVAL_MS, ...options }: NatsClientOptions, ident: string, handlers: LinkHandlers) {
    const { name: _name, ca, caFile, certFile, keyFile, tlsServerName, ...credentials } = options;
    this.#host = natsHost;
    this.shownHost = withoutCredentials(natsHost);
    this.#credentials = credentials;
    this.#tls = { ca, caFile: caFile ?? process.env[MODULE_ENV.natsCaFile], certFile, keyFile, tlsServerName };
    this.#ident = ident;
    this.#pingIntervalMs = pingIntervalMs;
    this.#handlers = handlers;
  }

  /** The current token; empty if there are other credentials. */
  get token(): string {
    const { natsToken = '' } = this.#credentials;
    return typeof natsToken === 'function' ? natsToken() : natsToken;
  }

  /** Whether messages can flow now. */
  get isUp(): boolean {
    return this.#up && this.#transport?.isOpen === true;
  }

  /** As described at `NatsClient.connect`. */
  connect(signal: AbortSignal | undefined): Promise<void> {
    this.#connecting ??= this.#connect(signal);
    return this.#connecting;
  }

  /** Closes immediately, cancelling a connect in progress. */
  async close(): Promise<void> {
    this.#pace.close();
    this.#closing.abort();
    this.#up = false;
    await this.#connection?.close();
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    const stop = new AbortController();
    processState.connects.add(stop);
    const aborted = AbortSignal.any([stop.signal, this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
    try {
      if (processState.stopping) stop.abort();
      await this.#dialUntilUp(aborted);
    } catch (error) {
      this.#connecting = undefined;
      // Stopping: settling would let start-up code continue in a process that is about to exit.
      if (stop.signal.aborted) return await new Promise<never>(() => {});
      if (!aborted.aborted) throw error;
      const why = this.#dialFailure === undefined ? '' : `: ${this.#dialFailure}`;
      throw new EeveeError(ERROR_CODES.natsClosed, `connecting to NATS at ${this.shownHost} was aborted${why}`, { cause: aborted.reason });
    } finally {
      processState.connects.delete(stop);
    }
  }

  async #dialUntilUp(aborted: AbortSignal): Promise<void> {
    const servers = natsServers(this.#host);
    const { user, password, token: natsToken } = servers;
    const inHost = user === undefined && natsToken === undefined ? undefined : { user, password, natsToken };
    const credentials: NatsCredentials = inHost ?? this.#credentials;
    checkCredentials(credentials);
    for (let attempt = 1; ; attempt++) {
      aborted.throwIfAborted();
      try {
        this.#use(await this.#dial(aborted, servers, credentials));
        return;
      } catch (error) {
        aborted.throwIfAborted();
        const fatal = fatalConnectError(error, { host: this.shownHost, credentials });
        if (fatal !== undefined) throw fatal;
        this.#dialFailure = reasonOf(error);
        const delayMs = retryDelayMs(attempt, Math.random());
        log.warn(`NATS at ${this.shownHost} cannot be reached, trying again in ${delayMs} ms`, {
          producer: PRODUCER,
          attempt,
          reason: this.#dialFailure,
        });
        await delay(delayMs, undefined, { signal: aborted });
      }
    }
  }

  /** One attempt. Aborting closes its socket, so that it no longer keeps the process alive. */
  async #dial(aborted: AbortSignal, { hosts, requiresTls }: NatsServers, credentials: NatsCredentials): Promise<NatsConnection> {
    const hangUp = (): void => void this.#transport?.close();
    aborted.addEventListener('abort', hangUp);
    try {
      const connection = await dialNats({
        servers: [...hosts],
        name: this.#ident,
        ...tlsOptions(requiresTls, this.#tls),
        authenticator: natsAuthenticator(credentials, (error) =>
          log.error('NATS credentials cannot be read', { producer: PRODUCER, reason: reasonOf(error) }),
        ),
        timeout: DIAL_TIMEOUT_MS,
        pingInterval: this.#pingIntervalMs,
        maxPingOut: 2,
        maxReconnectAttempts: -1,
        // A rotated token is rejected until the new one arrives here: that must not be final.
        ignoreAuthErrorAbort: true,
        noAsyncTraces: true,
        reconnectDelayHandler: () => this.#beforeDial(),
        onDial: (transport) => {
          this.#transport = transport;
          this.#pace.dialled();
          if (aborted.aborted && this.#connection === undefined) void transport.close();
        },
        onDialFailed: (error) => (this.#dialFailure = reasonOf(error)),
      });
      if (aborted.aborted) await connection.close();
      aborted.throwIfAborted();
      return connection;
    } finally {
      aborted.removeEventListener('abort', hangUp);
    }
  }

  /** The `nats` package asks for the delay of a reconnect as soon as it detects the loss of the connection. */
  #beforeDial(): number {
    if (this.#up) {
      this.#up = false;
      this.#lostAtMs = Date.now();
      this.#pace.lost();
      this.#dialFailure = undefined;
      log.warn(`NATS connection to ${this.shownHost} lost, reconnecting`, { producer: PRODUCER });
      this.#handlers.lost();
    }
    return this.#pace.delayMs();
  }

  #use(connection: NatsConnection): void {
    this.#connection = connection;
    this.#up = true;
    this.#pace.connected();
    void this.#follow(connection);
    // The package does not end the iterator of the status.
    void connection.closed().then(() => this.#closed());
    log.info(`connected to NATS at ${connection.getServer()}`, { producer: PRODUCER });
    this.#handlers.connected(connection);
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') this.#reconnected();
      if (status.type === 'reconnecting' && this.#pace.attempts > 1) {
        log.warn(`still reconnecting to NATS at ${String(status.data)}`, {
          producer: PRODUCER,
          attempt: this.#pace.attempts,
          ...defined({ reason: this.#dialFailure }),
        });
      }
      if (status.type === 'error') reportServerError(status);
      if (status.type === 'staleConnection') log.warn('NATS server no longer responds to pings', { producer: PRODUCER });
    }
  }

  #closed(): void {
    this.#up = false;
    this.#handlers.closed();
  }

  #reconnected(): void {
    // The package reports one reconnect once for each failed dial before it.
    if (this.#up || this.#transport?.isOpen !== true) return;
    this.#up = true;
    this.#pace.connected();
    log.info('NATS connection is back', { producer: PRODUCER, downMs: Date.now() - this.#lostAtMs });
    this.#handlers.back();
  }
}
