import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { MODULE_ENV, NATS_CLIENT_CHANNEL } from '@eeveebot/contract';
import { type Codec, type Msg, type NatsConnection, NatsError, StringCodec, type Subscription } from 'nats';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { asError } from '../log/error-fields.ts';
import { boundedLabel } from '../metrics/bounded-labels.ts';
import { errorCounter } from '../metrics/registry.ts';
import { type NatsCredentials, checkCredentials, kindOfCredentials, natsAuthenticator } from './credentials.ts';
import { Confirmations } from './confirmations.ts';
import { isQueueName, isSubscribable, publishableSubject } from './subjects.ts';
import { type NatsServers, natsServers, withoutCredentials } from './servers.ts';
import { type NatsTls, tlsOptions } from './tls.ts';
import { type ClosableTransport, dialNats } from './transport.ts';
import { processState } from '../process/state.ts';
import { ReconnectPace } from './reconnect-pace.ts';
import { retryDelayMs } from './retry.ts';
import { pendingOf } from '../promises.ts';

const PRODUCER = 'nats';

/** Time limit for a server to answer one connection attempt. */
const DIAL_TIMEOUT_MS = 5_000;

/** A peer that disappears without closing the connection is detected after two unanswered pings. */
const PING_INTERVAL_MS = 10_000;

/** Default limit of NATS servers. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024;

const NOT_SENT = Promise.resolve(false);

/** Programs that run a module follow its clients here. */
const clients = channel(NATS_CLIENT_CHANNEL);

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

/** Result of a subscribe: `false` when the subscription could not be made. */
export type NatsSubscriptionResult = Subscription | false;

/**
 * Called for each message with the subject of the *subscription*; the subject of the message, which differs under wildcards, is
 * `msg.subject`.
 */
export type NatsHandler = (subject: string, msg: Msg) => unknown;

/** For {@link NatsClient.subscribe}. */
interface SubscribeOptions {
  readonly queue?: string;
  readonly answers?: boolean;
  readonly idle?: () => Promise<void>;
  readonly leave?: () => Promise<void>;
}

/** Events of a {@link NatsClient}. */
export interface NatsClientEvents {
  /** The first connection is up. */
  connect: [];
  /** The connection is lost; the client is reconnecting. */
  disconnect: [];
  /** A lost connection is up again, with all its subscriptions. */
  reconnect: [];
  /** Closed permanently. */
  close: [];
}

type Refusal = 'not_connected' | 'invalid_subject' | 'payload_too_large' | 'refused' | 'connection_lost';

/** The error to give up with, if a retry cannot help. */
function fatalConnectError(error: unknown, { host, credentials }: { host: string; credentials: NatsCredentials }): EeveeError | undefined {
  if (error instanceof NatsError && error.isAuthError()) {
    const refused = `NATS at ${host} refused the ${kindOfCredentials(credentials)}: ${error.message}`;
    return new EeveeError(ERROR_CODES.natsAuthentication, refused, { cause: error });
  }
  return error instanceof EeveeError ? error : undefined;
}

/**
 * A connection to NATS that reconnects automatically.
 *
 * @example
 * const nats = new NatsClient({ natsHost: 'nats:4222', natsToken: 'secret' });
 * await nats.connect();
 * await nats.subscribe('greetings.>', (subject, msg) => console.log(subject, msg.subject, msg.string()));
 * await nats.publish('greetings.world', 'hello');
 * await nats.drain();
 */
export class NatsClient extends EventEmitter<NatsClientEvents> {
  /** Name of this connection in the server's monitoring, and `module` label of its errors. */
  readonly name: string;
  /** A new UUID for each client. */
  readonly instanceUUID: string = randomUUID();
  /** `<name>-<instanceUUID>`. */
  readonly instanceIdent: string;
  /** Current subscriptions. */
  readonly subjects: string[] = [];
  /** Codec between strings and payloads. */
  readonly sc: Codec<string> = StringCodec();
  /** The host, without credentials. */
  readonly natsHost: string;
  /** The underlying connection, once {@link connect} has succeeded. */
  nats: NatsConnection | undefined;

  /** The host as given, including credentials. */
  readonly #host: string;
  readonly #credentials: NatsCredentials;
  readonly #tls: NatsTls;
  readonly #pace = new ReconnectPace({ now: Date.now, random: Math.random });
  readonly #subscriptions = new Set<Subscription>();
  /** Subscriptions whose messages running handlers wait for. */
  readonly #answers = new WeakSet<Subscription>();
  /** Subscribers waiting for confirmation by the server: once the connection is closed, none arrives. */
  readonly #unanswered = new Set<() => void>();
  readonly #closing = new AbortController();
  readonly #confirmations = new Confirmations(
    () => this.nats?.flush() ?? Promise.reject(new EeveeError(ERROR_CODES.natsClosed, 'not connected')),
    (messages) => this.#messagesLost(messages),
  );
  #transport: ClosableTransport | undefined;
  #up = false;
  #lostAtMs = 0;
  /** Why the last attempt of the first connect failed. */
  #dialFailure: string | undefined;
  #connecting: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  readonly #pingIntervalMs: number;
  #running = 0;
  #idle: (() => void)[] = [];
  /** Wait for work that handlers accepted without returning a promise for it. */
  readonly #unfinished = new Set<() => Promise<void>>();
  /** Called by a drain. */
  readonly #leaving = new Set<() => Promise<void>>();

  constructor({ natsHost, name, pingIntervalMs = PING_INTERVAL_MS, ...options }: NatsClientOptions) {
    const { ca, caFile, certFile, keyFile, tlsServerName, ...credentials } = options;
    super();
    // Each registration listens for reconnects; many listeners are not a leak.
    this.setMaxListeners(0);
    this.#host = natsHost;
    this.natsHost = withoutCredentials(natsHost);
    this.#credentials = credentials;
    this.#pingIntervalMs = pingIntervalMs;
    this.#tls = { ca, caFile: caFile ?? process.env[MODULE_ENV.natsCaFile], certFile, keyFile, tlsServerName };
    this.name = name ?? process.env[MODULE_ENV.resourceName] ?? 'eevee-module';
    this.instanceIdent = `${this.name}-${this.instanceUUID}`;
  }

  /** The current token; empty if the client has other credentials. */
  get natsToken(): string {
    const { natsToken = '' } = this.#credentials;
    return typeof natsToken === 'function' ? natsToken() : natsToken;
  }

  /** The largest payload that the server accepts, in bytes. */
  get maxPayloadBytes(): number {
    return this.nats?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES;
  }

  /**
   * Waits until the server is reachable, without a time limit; each failed attempt is logged. From then on the connection is kept, also
   * across a change of the token.
   *
   * Once the process is stopping (`registerGracefulShutdown`), it gives up and stays pending: the code after it should no longer start
   * anything.
   *
   * @param options.signal gives up and rejects.
   * @throws EeveeError `EEVEE_NATS_AUTHENTICATION` immediately when the credentials are rejected or cannot be read,
   * `EEVEE_NATS_HOST_INVALID` when the host is invalid or its scheme is not `nats://` or `tls://`, or `EEVEE_NATS_CLOSED` when aborted or closed.
   */
  connect({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.#connecting ??= this.#connect(signal);
    return this.#connecting;
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
      throw new EeveeError(ERROR_CODES.natsClosed, `connecting to NATS at ${this.natsHost} was given up${why}`, { cause: aborted.reason });
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
        const fatal = fatalConnectError(error, { host: this.natsHost, credentials });
        if (fatal !== undefined) throw fatal;
        this.#dialFailure = reasonOf(error);
        const delayMs = retryDelayMs(attempt, Math.random());
        log.warn(`NATS at ${this.natsHost} cannot be reached, trying again in ${delayMs} ms`, {
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
        name: this.instanceIdent,
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
          if (aborted.aborted && this.nats === undefined) void transport.close();
        },
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
      this.#confirmations.breakOff();
      log.warn(`NATS connection to ${this.natsHost} lost, reconnecting`, { producer: PRODUCER });
      this.emit('disconnect');
    }
    return this.#pace.delayMs();
  }

  #use(connection: NatsConnection): void {
    this.nats = connection;
    this.#up = true;
    this.#pace.connected();
    void this.#follow(connection);
    log.info(`connected to NATS at ${connection.getServer()}`, { producer: PRODUCER });
    clients.publish(this);
    this.emit('connect');
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') this.#reconnected();
      if (status.type === 'reconnecting' && this.#pace.attempts > 1) {
        log.info(`still reconnecting to NATS at ${String(status.data)}`, { producer: PRODUCER, attempt: this.#pace.attempts });
      }
      if (status.type === 'error') log.warn('NATS server reported an error', { producer: PRODUCER, reason: String(status.data) });
      if (status.type === 'staleConnection') log.warn('NATS server no longer answers pings', { producer: PRODUCER });
    }
    this.#up = false;
    for (const giveUp of this.#unanswered) giveUp();
    this.emit('close');
  }

  #reconnected(): void {
    // The package reports one reconnect once for each failed dial before it.
    if (this.#up || this.#transport?.isOpen !== true) return;
    this.#up = true;
    this.#pace.connected();
    log.info('NATS connection is back', { producer: PRODUCER, downMs: Date.now() - this.#lostAtMs });
    this.emit('reconnect');
  }

  /** `true` whenever messages cannot flow: never connected, disconnected, reconnecting, or closed. */
  isClosed(): boolean {
    return !this.#up || this.#transport?.isOpen !== true;
  }

  /**
   * Calls `handler` for each message on `subject`. If the handler throws or rejects, that is logged and counted
   * (`errors_total{type="nats_handler"}`); the subscription continues.
   *
   * Once the promise is settled, the server has the subscription: all messages sent from then on are delivered. It also works while
   * disconnected: the subscription starts after the reconnect.
   *
   * @param options.queue each message goes to one of the subscribers with the same queue.
   * @param options.answers messages are answers that a handler waits for: `drain` ends the subscription only when the handlers are done.
   * @param options.idle for a handler that defers messages: settles when none is left. `drain` and `idle` wait for it.
   * @param options.leave called by `drain` once all delivered messages are handled; `drain` waits for it.
   * @returns `false`, logged and counted, when the client is not connected yet or closed permanently, the subject is
   * invalid, or the server does not permit it.
   */
  subscribe(
    subject: string,
    handler: NatsHandler,
    { queue, answers = false, idle, leave }: SubscribeOptions = {},
  ): Promise<Subscription | false> {
    const connection = this.nats;
    const refusal: Refusal | undefined =
      connection === undefined || connection.isClosed()
        ? 'not_connected'
        : isSubscribable(subject) && (queue === undefined || isQueueName(queue))
          ? undefined
          : 'invalid_subject';
    if (connection === undefined || refusal !== undefined) {
      this.#count('nats_subscribe', refusal ?? 'not_connected');
      log.error(`cannot subscribe to "${subject}"`, { producer: PRODUCER, reason: refusal });
      return Promise.resolve(false);
    }
    let subscription: Subscription;
    try {
      subscription = connection.subscribe(subject, {
        ...(queue === undefined ? {} : { queue }),
        callback: (error, msg) => {
          if (error === null) this.#handle(subject, handler, msg);
          else this.#handlerFailed(subject, error, 'nats_subscribe');
        },
      });
    } catch (error) {
      // The client is draining: a new subscription would never get a message.
      this.#count('nats_subscribe', 'refused');
      log.error(`cannot subscribe to "${subject}"`, { producer: PRODUCER, reason: reasonOf(error) });
      return Promise.resolve(false);
    }
    this.#subscriptions.add(subscription);
    if (answers) this.#answers.add(subscription);
    this.subjects.push(subject);
    void subscription.closed.then(() => {
      this.#subscriptions.delete(subscription);
      const index = this.subjects.indexOf(subject);
      if (index >= 0) this.subjects.splice(index, 1);
    });
    if (idle !== undefined) {
      this.#unfinished.add(idle);
      void subscription.closed.then(idle).then(() => this.#unfinished.delete(idle));
    }
    if (leave !== undefined) this.#leaving.add(leave);
    return this.#confirmed(connection, subscription);
  }

  /** Waits for the server's confirmation, unless disconnected: then the subscription is made after the reconnect. */
  async #confirmed(connection: NatsConnection, subscription: Subscription): Promise<Subscription | false> {
    const lost = (error: unknown): void => log.debug('a subscription waits for the connection', { producer: PRODUCER, error });
    if (!this.isClosed()) {
      const { promise: answered, resolve } = Promise.withResolvers<void>();
      this.#unanswered.add(resolve);
      connection.flush().catch(lost).then(resolve, resolve);
      await answered;
      this.#unanswered.delete(resolve);
    }
    return subscription.isClosed() ? false : subscription;
  }

  /** No failure of a handler may reach the `nats` package, whose reader would stop for all subscriptions. */
  #handle(subject: string, handler: NatsHandler, msg: Msg): void {
    let pending: Promise<unknown> | undefined;
    try {
      pending = pendingOf(handler(subject, msg));
    } catch (error) {
      this.#handlerFailed(subject, error, 'nats_handler');
      return;
    }
    if (pending === undefined) return;
    this.#running++;
    pending.then(
      () => this.#handlerDone(),
      (error: unknown) => {
        this.#handlerFailed(subject, error, 'nats_handler');
        this.#handlerDone();
      },
    );
  }

  #handlerDone(): void {
    if (--this.#running > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #handlerFailed(subject: string, error: unknown, type: 'nats_handler' | 'nats_subscribe'): void {
    this.#count(type, subject);
    const what = type === 'nats_handler' ? 'a handler failed' : 'the server ended a subscription';
    log.error(`${what} (${subject})`, { producer: PRODUCER, error: asError(error) });
  }

  #count(type: string, operation: string, times = 1): void {
    errorCounter.inc({ module: this.name, type, operation: boundedLabel('operation', operation) }, times);
  }

  /** Ends a subscription, awaited or not. Ignores `false`, a possible result of {@link subscribe}. */
  async unsubscribe(subscription: NatsSubscriptionResult | Promise<NatsSubscriptionResult>): Promise<void> {
    const made = subscription instanceof Promise ? await subscription : subscription;
    if (made !== false && !made.isClosed()) made.unsubscribe();
  }

  /**
   * Sends `payload` to all subscribers of `subject`. Characters that NATS would misread in the subject, such as a space, become `_`.
   *
   * @returns `true` once the server has it. `false` when it could not be sent or the connection broke before the server confirmed it: not
   * connected, too large, an empty subject. That is logged and counted (`errors_total{type="nats_publish"}`); nothing is queued for later.
   */
  publish(subject: string, payload: string | Uint8Array = ''): Promise<boolean> {
    const connection = this.nats;
    if (connection === undefined || this.isClosed()) return this.#refuse(subject, 'not_connected');
    if (subject === '') return this.#refuse(subject, 'invalid_subject');
    try {
      connection.publish(publishableSubject(subject), payload);
    } catch (error) {
      const tooLarge = error instanceof NatsError && error.code === 'MAX_PAYLOAD_EXCEEDED';
      return this.#refuse(subject, tooLarge ? 'payload_too_large' : 'refused', error);
    }
    return this.#confirmations.ofMessage();
  }

  #messagesLost(messages: number): void {
    this.#count('nats_publish', 'connection_lost', messages);
    log.error('NATS messages may be lost: the connection broke before the server confirmed them', { producer: PRODUCER, messages });
  }

  #refuse(subject: string, refusal: Refusal, error?: unknown): Promise<boolean> {
    this.#count('nats_publish', refusal);
    log.error(`cannot publish to "${subject}"`, {
      producer: PRODUCER,
      reason: refusal,
      ...(error === undefined ? {} : { error: reasonOf(error) }),
    });
    return NOT_SENT;
  }

  /**
   * Closes without loss: accepts no new messages, waits until all delivered messages are handled and running handlers have replied, then
   * sends the rest and closes. It takes as long as the slowest handler; {@link close} cuts it short.
   */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const questions = [...this.#subscriptions].filter((subscription) => !this.#answers.has(subscription));
    if (!this.isClosed()) await Promise.all(questions.map((subscription) => this.#drainSubscription(subscription)));
    await this.idle();
    await Promise.all([...this.#leaving].map((leave) => leave()));
    if (!this.isClosed()) await this.nats?.drain();
    await this.close();
  }

  /** The package also resolves this if the connection is lost during the drain. */
  async #drainSubscription(subscription: Subscription): Promise<void> {
    if (!subscription.isClosed()) await subscription.drain();
  }

  /** Settles when no handler is running, and none of the messages delivered so far is waiting. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await Promise.all([...this.#unfinished].map((idle) => idle()));
  }

  /** Closes immediately, cancelling a connect in progress. A closed client stays closed. */
  async close(): Promise<void> {
    this.#pace.close();
    this.#closing.abort();
    this.#up = false;
    await this.nats?.close();
    this.#confirmations.breakOff();
  }
}
