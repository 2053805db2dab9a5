import { defined } from '@eeveebot/contract';
import { type Msg, type NatsConnection, NatsError, type Subscription } from 'nats';
import { reasonOf } from '../errors.ts';
import { asError } from '../log/error-fields.ts';
import { log } from '../log/log.ts';
import { countNatsError } from './error-counts.ts';
import { Renewals, type WantedSubscription } from './renewals.ts';
import { RunningHandlers } from './running-handlers.ts';
import { isQueueName, isSubscribable, shownSubject } from './subjects.ts';

const PRODUCER = 'nats';

/** Result of a subscribe: `false` when the subscription could not be made. */
export type NatsSubscriptionResult = Subscription | false;

/**
 * Called for each message with the subject of the *subscription*; the subject of the message, which differs under wildcards, is
 * `msg.subject`.
 */
export type NatsHandler = (subject: string, msg: Msg) => unknown;

/** Options of `NatsClient.subscribe`. */
export interface SubscribeOptions {
  readonly queue?: string;
  readonly answers?: boolean;
  readonly idle?: () => Promise<void>;
  readonly leave?: () => Promise<void>;
}

/** Why a subscription cannot be made, if so. */
function refusalOf(connection: NatsConnection | undefined, subject: string, queue: string | undefined) {
  if (connection === undefined || connection.isClosed()) return 'not_connected';
  return isSubscribable(subject) && (queue === undefined || isQueueName(queue)) ? undefined : 'invalid_subject';
}

/** The fix for a subscription that the server refused or ended. */
function hintOf(error: unknown, { isRenewed }: { readonly isRenewed: boolean }): { readonly hint?: string } {
  if (!(error instanceof NatsError) || !error.isPermissionError()) return {};
  const fix = 'add the subject to the subscribe permissions of this user in the configuration of NATS';
  return { hint: isRenewed ? `${fix}: until then, the module is unhealthy and tries again` : `${fix}, and restart the module` };
}

/** A subscription, and how to make it again. */
interface Held extends WantedSubscription {
  readonly handler: NatsHandler;
  readonly options: SubscribeOptions;
  /** Whether the server had it: its end is then a change of permissions. */
  isConfirmed: boolean;
}

/** The subscriptions of one client, and the handlers that run for their messages. */
export class Subscriptions {
  /** Subjects of the current subscriptions. */
  readonly subjects: string[] = [];
  /** The `module` label of errors. */
  readonly #module: string;
  readonly #isUp: () => boolean;
  readonly #handlers = new RunningHandlers();
  readonly #open = new Set<Subscription>();
  /** By every subscription that was made for it. */
  readonly #held = new WeakMap<Subscription, Held>();
  readonly #renewals = new Renewals<Held>((held) => this.#renew(held));
  /** Subscriptions whose messages running handlers wait for. */
  readonly #answers = new WeakSet<Subscription>();
  /** Subscribers waiting for confirmation by the server: once the connection is closed, none arrives. */
  readonly #unanswered = new Set<() => void>();
  /** Wait for work that handlers accepted without returning a promise for it. */
  readonly #unfinished = new Set<() => Promise<void>>();
  /** Called by a drain. */
  readonly #leaving = new Set<() => Promise<void>>();

  #connection: NatsConnection | undefined;

  constructor(module: string, isUp: () => boolean) {
    this.#module = module;
    this.#isUp = isUp;
  }

  /** Subjects that the server no longer permits. */
  get revoked(): readonly string[] {
    return this.#renewals.subjects;
  }

  /** As described at `NatsClient.subscribe`. */
  async subscribe(
    connection: NatsConnection | undefined,
    { subject, handler }: { readonly subject: string; readonly handler: NatsHandler },
    options: SubscribeOptions,
  ): Promise<NatsSubscriptionResult> {
    const refusal = refusalOf(connection, subject, options.queue);
    if (connection === undefined || refusal !== undefined) {
      return this.#refused(subject, { operation: refusal ?? 'not_connected', reason: refusal });
    }
    this.#connection = connection;
    const held: Held = { subject, handler, options, isConfirmed: false, current: undefined };
    let subscription: Subscription;
    try {
      subscription = this.#make(connection, held);
    } catch (error) {
      // The client is draining: a new subscription would never get a message.
      return this.#refused(subject, { operation: 'refused', reason: reasonOf(error) });
    }
    held.isConfirmed = await this.#confirmed(connection, subscription);
    return held.isConfirmed && subscription;
  }

  /** Ends a subscription, also if it was made again. */
  unsubscribe(subscription: Subscription): void {
    const held = this.#held.get(subscription);
    if (held !== undefined) this.#renewals.delete(held);
    const current = held?.current ?? subscription;
    if (!current.isClosed()) current.unsubscribe();
  }

  /** The connection is back. */
  reconnected(): void {
    void this.#renewals.attempt();
  }

  /** Drains all subscriptions except those for answers that running handlers wait for. */
  async drain(): Promise<void> {
    this.#renewals.stop();
    const questions = [...this.#open].filter((subscription) => !this.#answers.has(subscription));
    await Promise.all(questions.map((subscription) => drained(subscription)));
  }

  /** Settles when no handler is running, and none of the messages delivered so far is waiting. */
  async idle(): Promise<void> {
    await this.#handlers.idle();
    await Promise.all([...this.#unfinished].map((idle) => idle()));
  }

  /** Calls the `leave` options: all delivered messages are handled. */
  async leave(): Promise<void> {
    await Promise.all([...this.#leaving].map((leave) => leave()));
  }

  /** The connection is closed: confirmations no longer arrive. */
  giveUp(): void {
    this.#renewals.stop();
    for (const resolve of this.#unanswered) resolve();
  }

  /** @throws NatsError when the client is draining. */
  #make(connection: NatsConnection, held: Held): Subscription {
    const { subject, handler, options } = held;
    const handle = (msg: Msg): unknown => handler(subject, msg);
    const handlerFailed = (failure: unknown): void => this.#failed(subject, failure);
    const subscription = connection.subscribe(subject, {
      ...defined({ queue: options.queue }),
      callback: (error, msg) => {
        if (error === null) this.#handlers.run(msg, handle, handlerFailed);
        else this.#ended(held, error);
      },
    });
    held.current = subscription;
    this.#held.set(subscription, held);
    this.#track(subscription, held);
    return subscription;
  }

  /** The server refused a subscription, or ended it. */
  #ended(held: Held, error: Error): void {
    const { subject, current, isConfirmed } = held;
    if (this.#renewals.has(held)) {
      log.debug(`the server still refuses a subscription (${subject})`, { producer: PRODUCER, error: asError(error) });
      return;
    }
    countNatsError(this.#module, { type: 'nats_subscribe', operation: subject });
    const hint = hintOf(error, { isRenewed: isConfirmed });
    log.error(`the server ended a subscription (${subject})`, { producer: PRODUCER, error: asError(error), ...hint });
    if (!isConfirmed || current === undefined) return;
    // Its owner may end it directly instead of with `NatsClient.unsubscribe`.
    Object.assign(current, { unsubscribe: () => this.unsubscribe(current) });
    this.#renewals.add(held);
  }

  /** Makes a subscription again that the server had ended. @returns whether the server permits it. */
  async #renew(held: Held): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined || !this.#isUp()) return false;
    try {
      if (!(await this.#confirmed(connection, this.#make(connection, held)))) return false;
    } catch (error) {
      log.debug(`the client ends, and does not subscribe again (${held.subject})`, { producer: PRODUCER, error: asError(error) });
      return false;
    }
    log.info(`subscribed again (${held.subject})`, { producer: PRODUCER });
    return true;
  }

  #track(subscription: Subscription, { subject, options: { answers = false, idle, leave } }: Held): void {
    this.#open.add(subscription);
    if (answers) this.#answers.add(subscription);
    this.subjects.push(subject);
    void subscription.closed.then(() => {
      this.#open.delete(subscription);
      const index = this.subjects.indexOf(subject);
      if (index >= 0) this.subjects.splice(index, 1);
    });
    if (idle !== undefined) {
      // One for each subscription: the end of this one may be waited for after it was made again.
      const finished = (): Promise<void> => idle();
      this.#unfinished.add(finished);
      void subscription.closed.then(finished).then(() => this.#unfinished.delete(finished));
    }
    if (leave !== undefined) this.#leaving.add(leave);
  }

  /** Waits for the server's confirmation, unless disconnected: then the subscription is made after the reconnect. */
  async #confirmed(connection: NatsConnection, subscription: Subscription): Promise<boolean> {
    const lost = (error: unknown): void => log.debug('a subscription waits for the connection', { producer: PRODUCER, error });
    if (this.#isUp()) {
      const { promise: answered, resolve } = Promise.withResolvers<void>();
      this.#unanswered.add(resolve);
      connection.flush().catch(lost).then(resolve, resolve);
      await answered;
      this.#unanswered.delete(resolve);
    }
    return !subscription.isClosed();
  }

  #refused(subject: string, { operation, reason }: { readonly operation: string; readonly reason: string | undefined }): Promise<false> {
    countNatsError(this.#module, { type: 'nats_subscribe', operation });
    log.error(`cannot subscribe to "${shownSubject(subject)}"`, { producer: PRODUCER, reason });
    return Promise.resolve(false);
  }

  #failed(subject: string, error: unknown): void {
    countNatsError(this.#module, { type: 'nats_handler', operation: subject });
    log.error(`a handler failed (${subject})`, { producer: PRODUCER, error: asError(error) });
  }
}

/** The package also resolves a drain if the connection is lost during it. */
async function drained(subscription: Subscription): Promise<void> {
  if (!subscription.isClosed()) await subscription.drain();
}
