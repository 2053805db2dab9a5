import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { MODULE_ENV } from '@eeveebot/contract';
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

/** How long a server may take to answer one connection attempt. */
const DIAL_TIMEOUT_MS = 5_000;

/** A peer that vanished without a word is noticed after two unanswered pings. */
const PING_INTERVAL_MS = 10_000;

/** What every server accepts unless it is set up otherwise. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024;

const NOT_SENT = Promise.resolve(false);

/** Where and as whom to connect. */
export interface NatsClientOptions extends NatsCredentials, NatsTls {
  /**
   * `host`, `host:port`, `nats://host:port`, or several of them separated by commas. Port 4222 unless given. `tls://host:port`
   * requires TLS. `user:password@` or a token before the host goes before the other credentials.
   */
  natsHost: string;
  /** Shown in the server's monitoring and as the `module` label of metrics. Default: the BotModule's name. */
  name?: string;
  /** How often a silent server is pinged, in milliseconds; two pings without an answer end the connection. Default 10,000. */
  pingIntervalMs?: number;
}

/** What subscribing resolves to: `false` when the subscription could not be made. */
export type NatsSubscriptionResult = Subscription | false;

/**
 * Called for each message with the subject that was *subscribed to*; the subject it was sent to, which
 * differs under wildcards, is `msg.subject`.
 */
export type NatsHandler = (subject: string, msg: Msg) => unknown;

/** Events of a {@link NatsClient}. */
export interface NatsClientEvents {
  /** The first connection is up. */
  connect: [];
  /** The connection is lost; the client is trying to get it back. */
  disconnect: [];
  /** A lost connection is up again, with all its subscriptions. */
  reconnect: [];
  /** Closed for good. */
  close: [];
}

type Refusal = 'not_connected' | 'invalid_subject' | 'payload_too_large' | 'refused' | 'connection_lost';

/** The error to give up with, where trying again cannot help. */
function fatalConnectError(error: unknown, { host, credentials }: { host: string; credentials: NatsCredentials }): EeveeError | undefined {
  if (error instanceof NatsError && error.isAuthError()) {
    const refused = `NATS at ${host} refused the ${kindOfCredentials(credentials)}: ${error.message}`;
    return new EeveeError(ERROR_CODES.natsAuthentication, refused, { cause: error });
  }
  return error instanceof EeveeError ? error : undefined;
}

/**
 * A connection to NATS that comes back by itself.
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
  /** A fresh UUID for each client. */
  readonly instanceUUID: string = randomUUID();
  /** `<name>-<instanceUUID>`. */
  readonly instanceIdent: string;
  /** Subjects subscribed to now. */
  readonly subjects: string[] = [];
  /** Codec between strings and payloads. */
  readonly sc: Codec<string> = StringCodec();
  /** The host as given, without credentials. */
  readonly natsHost: string;
  /** The underlying connection, once {@link connect} has succeeded. */
  nats: NatsConnection | undefined;

  /** The host as given. */
  readonly #host: string;
  readonly #credentials: NatsCredentials;
  readonly #tls: NatsTls;
  readonly #pace = new ReconnectPace({ now: Date.now, random: Math.random });
  readonly #subscriptions = new Set<Subscription>();
  /** Those of them that running handlers wait for. */
  readonly #answers = new WeakSet<Subscription>();
  /** Who waits for the server's word on a subscription: once the connection is closed, none comes. */
  readonly #unanswered = new Set<() => void>();
  readonly #closing = new AbortController();
  readonly #confirmations = new Confirmations(
    () => this.nats?.flush() ?? Promise.reject(new EeveeError(ERROR_CODES.natsClosed, 'not connected')),
    (messages) => this.#messagesLost(messages),
  );
  #transport: ClosableTransport | undefined;
  #up = false;
  #lostAtMs = 0;
  #connecting: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  readonly #pingIntervalMs: number;
  #running = 0;
  #idle: (() => void)[] = [];
  /** Tell when what handlers took without answering with a promise is done. */
  readonly #unfinished = new Set<() => Promise<void>>();

  constructor({ natsHost, name, ca, caFile, certFile, keyFile, pingIntervalMs = PING_INTERVAL_MS, ...credentials }: NatsClientOptions) {
    super();
    // Each registration listens for reconnects; many of them are no leak.
    this.setMaxListeners(0);
    this.#host = natsHost;
    this.natsHost = withoutCredentials(natsHost);
    this.#credentials = credentials;
    this.#pingIntervalMs = pingIntervalMs;
    this.#tls = { ca, caFile: caFile ?? process.env[MODULE_ENV.natsCaFile], certFile, keyFile };
    this.name = name ?? process.env[MODULE_ENV.resourceName] ?? 'eevee-module';
    this.instanceIdent = `${this.name}-${this.instanceUUID}`;
  }

  /** The token as it is now; empty where the client has other credentials. */
  get natsToken(): string {
    const { natsToken = '' } = this.#credentials;
    return typeof natsToken === 'function' ? natsToken() : natsToken;
  }

  /** The largest payload the server takes, in bytes. */
  get maxPayloadBytes(): number {
    return this.nats?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES;
  }

  /**
   * Waits until the server can be reached, however long that takes; each failed attempt is logged.
   * From then on the connection is kept, also across a change of the token.
   *
   * Once the process has been told to stop (`registerGracefulShutdown`), it gives up waiting and stays
   * pending: nothing that comes after it should start any more.
   *
   * @param options.signal gives up waiting and rejects.
   * @throws EeveeError `EEVEE_NATS_AUTHENTICATION` at once when the credentials are refused or cannot be read,
   * `EEVEE_NATS_HOST_INVALID` when the host is none of these or another scheme than `nats://` and `tls://`, or `EEVEE_NATS_CLOSED` when aborted or closed.
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
      // Told to stop: settling would let start-up code go on in a process that is about to leave.
      if (stop.signal.aborted) return await new Promise<never>(() => {});
      if (!aborted.aborted) throw error;
      throw new EeveeError(ERROR_CODES.natsClosed, `connecting to NATS at ${this.natsHost} was given up`, { cause: aborted.reason });
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
        const delayMs = retryDelayMs(attempt, Math.random());
        log.warn(`NATS at ${this.natsHost} cannot be reached, trying again in ${delayMs} ms`, {
          producer: PRODUCER,
          attempt,
          reason: reasonOf(error),
        });
        await delay(delayMs, undefined, { signal: aborted });
      }
    }
  }

  /** One attempt. Aborting closes its socket, so that it holds the process no longer. */
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
        // A rotated token is refused until it has arrived here: that must not be the end.
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

  /** The `nats` package asks for the delay of a reconnect the moment it knows that the connection is gone. */
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
    // The package reports one reconnect once for each of the dials that failed before it.
    if (this.#up || this.#transport?.isOpen !== true) return;
    this.#up = true;
    this.#pace.connected();
    log.info('NATS connection is back', { producer: PRODUCER, downMs: Date.now() - this.#lostAtMs });
    this.emit('reconnect');
  }

  /** `true` whenever messages cannot flow now: never connected, disconnected, reconnecting, or closed. */
  isClosed(): boolean {
    return !this.#up || this.#transport?.isOpen !== true;
  }

  /**
   * Calls `handler` for each message on `subject`. A handler that throws or rejects is logged and
   * counted (`errors_total{type="nats_handler"}`); the subscription goes on.
   *
   * Once the promise is settled the server knows the subscription: what anybody sends from then on is
   * delivered. While the connection is lost it works too: the subscription starts when it is back.
   *
   * @param options.queue of all subscribers with the same queue, one gets each message.
   * @param options.answers what comes is an answer that a handler waits for: `drain` ends it only when the handlers are done.
   * @param options.idle for a handler that keeps messages for later: settles when it has none left. `drain` waits for it.
   * @returns `false`, logged and counted, when the client is not connected yet or closed for good, the subject is
   * invalid, or the server does not permit it.
   */
  subscribe(
    subject: string,
    handler: NatsHandler,
    { queue, answers = false, idle }: { queue?: string; answers?: boolean; idle?: () => Promise<void> } = {},
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
      // It is being drained: what is subscribed to now would never be heard.
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
    return this.#confirmed(connection, subscription);
  }

  /** Waits for the server's word, unless the connection is lost: then the subscription is made when it is back. */
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

  /** Whatever a handler does must not reach the `nats` package, whose reader would stop for all subscriptions. */
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

  /** Ends a subscription, awaited or not. `false`, as {@link subscribe} may have given it, is ignored. */
  async unsubscribe(subscription: NatsSubscriptionResult | Promise<NatsSubscriptionResult>): Promise<void> {
    const made = subscription instanceof Promise ? await subscription : subscription;
    if (made !== false && !made.isClosed()) made.unsubscribe();
  }

  /**
   * Sends `payload` to all who are subscribed to `subject`. What NATS would misread in the subject, a
   * space for one, becomes `_`.
   *
   * @returns `true` once the server has it. `false` when it could not be sent or the connection broke
   * before the server confirmed it: not connected, too large, an empty subject. That is logged and counted
   * (`errors_total{type="nats_publish"}`); nothing is kept to be sent later.
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
   * Closes without loss: takes no new messages, lets all that were delivered be handled and running
   * handlers finish and reply, then sends what is left and closes. It takes as long as the slowest
   * handler; {@link close} cuts it short.
   */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const questions = [...this.#subscriptions].filter((subscription) => !this.#answers.has(subscription));
    if (!this.isClosed()) await Promise.all(questions.map((subscription) => this.#drainSubscription(subscription)));
    await this.#handlersDone();
    if (!this.isClosed()) await this.nats?.drain();
    await this.close();
  }

  /** The package resolves this too when the connection is lost meanwhile. */
  async #drainSubscription(subscription: Subscription): Promise<void> {
    if (!subscription.isClosed()) await subscription.drain();
  }

  async #handlersDone(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await Promise.all([...this.#unfinished].map((idle) => idle()));
  }

  /** Closes at once, giving up a connect that is under way. A closed client stays closed. */
  async close(): Promise<void> {
    this.#pace.close();
    this.#closing.abort();
    this.#up = false;
    await this.nats?.close();
    this.#confirmations.breakOff();
  }
}
