import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { MODULE_ENV, NATS_CLIENT_CHANNEL } from '@eeveebot/contract';
import { type Codec, type MsgHdrs, type NatsConnection, NatsError, StringCodec, headers } from 'nats';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { Confirmations } from './confirmations.ts';
import { countNatsError } from './error-counts.ts';
import { type NatsClientOptions, ServerLink } from './server-link.ts';
import { publishableSubject, shownSubject } from './subjects.ts';
import { type NatsHandler, type NatsSubscriptionResult, type SubscribeOptions, Subscriptions } from './subscriptions.ts';

export type { NatsClientOptions } from './server-link.ts';
export type { NatsHandler, NatsSubscriptionResult } from './subscriptions.ts';

const PRODUCER = 'nats';

/** Default limit of NATS servers. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024;

type Header = readonly [name: string, value: string];

function headersOf(given: readonly Header[]): MsgHdrs {
  const made = headers();
  for (const [name, value] of given) made.set(name, value);
  return made;
}

const NOT_SENT = Promise.resolve(false);

/** Programs that run a module follow its clients here. */
const clients = channel(NATS_CLIENT_CHANNEL);

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

type Refusal = 'not_connected' | 'invalid_subject' | 'payload_too_large' | 'refused';

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
  readonly subjects: string[];
  /** Codec between strings and payloads. */
  readonly sc: Codec<string> = StringCodec();
  /** The host, without credentials. */
  readonly natsHost: string;
  /** The underlying connection, once {@link connect} has succeeded. */
  nats: NatsConnection | undefined;

  readonly #link: ServerLink;
  readonly #subscriptions: Subscriptions;
  readonly #confirmations = new Confirmations(
    () => this.nats?.flush() ?? Promise.reject(new EeveeError(ERROR_CODES.natsClosed, 'not connected')),
    (messages) => this.#messagesLost(messages),
  );
  #draining: Promise<void> | undefined;

  constructor(options: NatsClientOptions) {
    super();
    // Each registration listens for reconnects; many listeners are not a leak.
    this.setMaxListeners(0);
    this.name = options.name ?? process.env[MODULE_ENV.resourceName] ?? 'eevee-module';
    this.instanceIdent = `${this.name}-${this.instanceUUID}`;
    this.#link = new ServerLink(options, this.instanceIdent, {
      connected: (connection) => this.#connected(connection),
      lost: () => this.#lost(),
      back: () => this.#back(),
      closed: () => this.#closed(),
    });
    this.natsHost = this.#link.shownHost;
    this.#subscriptions = new Subscriptions(this.name, () => !this.isClosed());
    this.subjects = this.#subscriptions.subjects;
  }

  /** The current token; empty if the client has other credentials. */
  get natsToken(): string {
    return this.#link.token;
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
    return this.#link.connect(signal);
  }

  #connected(connection: NatsConnection): void {
    this.nats = connection;
    clients.publish(this);
    this.emit('connect');
  }

  #lost(): void {
    this.#confirmations.breakOff();
    this.emit('disconnect');
  }

  #back(): void {
    this.#subscriptions.reconnected();
    this.emit('reconnect');
  }

  #closed(): void {
    this.#subscriptions.giveUp();
    this.emit('close');
  }

  /** `true` whenever messages cannot flow: never connected, disconnected, reconnecting, or closed. */
  isClosed(): boolean {
    return !this.#link.isUp;
  }

  /** Subjects of subscriptions that the server has ended because it no longer permits them. They are made again once it does. */
  get revokedSubjects(): readonly string[] {
    return this.#subscriptions.revoked;
  }

  /**
   * Calls `handler` for each message on `subject`. If the handler throws or rejects, that is logged and counted
   * (`errors_total{type="nats_handler"}`); the subscription continues.
   *
   * Once the promise is settled, the server has the subscription: all messages sent from then on are delivered. It also works while
   * disconnected: the subscription starts after the reconnect. If the server ends it later because its permissions change, it is made
   * again as soon as the server permits it; see {@link revokedSubjects}.
   *
   * @param options.queue each message goes to one of the subscribers with the same queue.
   * @param options.answers messages are answers that a handler waits for: `drain` ends the subscription only when the handlers are done.
   * @param options.idle for a handler that defers messages: settles when none is left. `drain` and `idle` wait for it.
   * @param options.leave called by `drain` once all delivered messages are handled; `drain` waits for it.
   * @returns `false`, logged and counted, when the client is not connected yet or closed permanently, the subject is
   * invalid, or the server does not permit it.
   */
  subscribe(subject: string, handler: NatsHandler, options: SubscribeOptions = {}): Promise<NatsSubscriptionResult> {
    return this.#subscriptions.subscribe(this.nats, { subject, handler }, options);
  }

  /** Ends a subscription, awaited or not. Ignores `false`, a possible result of {@link subscribe}. */
  async unsubscribe(subscription: NatsSubscriptionResult | Promise<NatsSubscriptionResult>): Promise<void> {
    const made = subscription instanceof Promise ? await subscription : subscription;
    if (made !== false) this.#subscriptions.unsubscribe(made);
  }

  /**
   * Sends `payload` to all subscribers of `subject`. Characters that NATS would misread in the subject, such as a space, become `_`.
   *
   * @param given name and value of each header of the message.
   * @returns `true` once the server has it. `false` when it could not be sent or the connection broke before the server confirmed it: not
   * connected, too large, an empty subject. That is logged and counted (`errors_total{type="nats_publish"}`); nothing is queued for later.
   */
  publish(subject: string, payload: string | Uint8Array = '', ...given: readonly Header[]): Promise<boolean> {
    const connection = this.nats;
    if (connection === undefined || this.isClosed()) return this.#refuse(subject, 'not_connected');
    if (subject === '') return this.#refuse(subject, 'invalid_subject');
    try {
      connection.publish(publishableSubject(subject), payload, given.length === 0 ? undefined : { headers: headersOf(given) });
    } catch (error) {
      const tooLarge = error instanceof NatsError && error.code === 'MAX_PAYLOAD_EXCEEDED';
      const otherwise = error instanceof RangeError ? 'invalid_subject' : 'refused';
      return this.#refuse(subject, tooLarge ? 'payload_too_large' : otherwise, error);
    }
    return this.#confirmations.ofMessage();
  }

  #messagesLost(messages: number): void {
    countNatsError(this.name, { type: 'nats_publish', operation: 'connection_lost' }, messages);
    log.error('NATS messages may be lost: the connection broke before the server confirmed them', { producer: PRODUCER, messages });
  }

  #refuse(subject: string, refusal: Refusal, error?: unknown): Promise<boolean> {
    countNatsError(this.name, { type: 'nats_publish', operation: refusal });
    log.error(`cannot publish to "${shownSubject(subject)}"`, {
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
    if (!this.isClosed()) await this.#subscriptions.drain();
    await this.idle();
    await this.#subscriptions.leave();
    if (!this.isClosed()) await this.nats?.drain();
    await this.close();
  }

  /** Settles when no handler is running, and none of the messages delivered so far is waiting. */
  idle(): Promise<void> {
    return this.#subscriptions.idle();
  }

  /** Closes immediately, cancelling a connect in progress. A closed client stays closed. */
  async close(): Promise<void> {
    await this.#link.close();
    this.#confirmations.breakOff();
  }
}
