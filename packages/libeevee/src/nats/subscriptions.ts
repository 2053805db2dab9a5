import { defined } from '@eeveebot/contract';
import { type Msg, type NatsConnection, NatsError, type Subscription } from 'nats';
import { reasonOf } from '../errors.ts';
import { asError } from '../log/error-fields.ts';
import { log } from '../log/log.ts';
import { countNatsError } from './error-counts.ts';
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

/** The fix for a subscription that the server refused. */
function hintOf(error: unknown): { readonly hint?: string } {
  if (!(error instanceof NatsError) || !error.isPermissionError()) return {};
  return { hint: 'add the subject to the subscribe permissions of this user in the configuration of NATS, and restart the module' };
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
  /** Subscriptions whose messages running handlers wait for. */
  readonly #answers = new WeakSet<Subscription>();
  /** Subscribers waiting for confirmation by the server: once the connection is closed, none arrives. */
  readonly #unanswered = new Set<() => void>();
  /** Wait for work that handlers accepted without returning a promise for it. */
  readonly #unfinished = new Set<() => Promise<void>>();
  /** Called by a drain. */
  readonly #leaving = new Set<() => Promise<void>>();

  constructor(module: string, isUp: () => boolean) {
    this.#module = module;
    this.#isUp = isUp;
  }

  /** As described at `NatsClient.subscribe`. */
  subscribe(
    connection: NatsConnection | undefined,
    { subject, handler }: { readonly subject: string; readonly handler: NatsHandler },
    options: SubscribeOptions,
  ): Promise<NatsSubscriptionResult> {
    const refusal = refusalOf(connection, subject, options.queue);
    if (connection === undefined || refusal !== undefined) {
      return this.#refused(subject, { operation: refusal ?? 'not_connected', reason: refusal });
    }
    let subscription: Subscription;
    const handle = (msg: Msg): unknown => handler(subject, msg);
    const handlerFailed = (failure: unknown): void => this.#failed(subject, failure, 'nats_handler');
    try {
      subscription = connection.subscribe(subject, {
        ...defined({ queue: options.queue }),
        callback: (error, msg) => {
          if (error === null) this.#handlers.run(msg, handle, handlerFailed);
          else this.#failed(subject, error, 'nats_subscribe');
        },
      });
    } catch (error) {
      // The client is draining: a new subscription would never get a message.
      return this.#refused(subject, { operation: 'refused', reason: reasonOf(error) });
    }
    this.#track(subscription, subject, options);
    return this.#confirmed(connection, subscription);
  }

  /** Drains all subscriptions except those for answers that running handlers wait for. */
  async drain(): Promise<void> {
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
    for (const resolve of this.#unanswered) resolve();
  }

  #track(subscription: Subscription, subject: string, { answers = false, idle, leave }: SubscribeOptions): void {
    this.#open.add(subscription);
    if (answers) this.#answers.add(subscription);
    this.subjects.push(subject);
    void subscription.closed.then(() => {
      this.#open.delete(subscription);
      const index = this.subjects.indexOf(subject);
      if (index >= 0) this.subjects.splice(index, 1);
    });
    if (idle !== undefined) {
      this.#unfinished.add(idle);
      void subscription.closed.then(idle).then(() => this.#unfinished.delete(idle));
    }
    if (leave !== undefined) this.#leaving.add(leave);
  }

  /** Waits for the server's confirmation, unless disconnected: then the subscription is made after the reconnect. */
  async #confirmed(connection: NatsConnection, subscription: Subscription): Promise<NatsSubscriptionResult> {
    const lost = (error: unknown): void => log.debug('a subscription waits for the connection', { producer: PRODUCER, error });
    if (this.#isUp()) {
      const { promise: answered, resolve } = Promise.withResolvers<void>();
      this.#unanswered.add(resolve);
      connection.flush().catch(lost).then(resolve, resolve);
      await answered;
      this.#unanswered.delete(resolve);
    }
    return subscription.isClosed() ? false : subscription;
  }

  #refused(subject: string, { operation, reason }: { readonly operation: string; readonly reason: string | undefined }): Promise<false> {
    countNatsError(this.#module, { type: 'nats_subscribe', operation });
    log.error(`cannot subscribe to "${shownSubject(subject)}"`, { producer: PRODUCER, reason });
    return Promise.resolve(false);
  }

  #failed(subject: string, error: unknown, type: 'nats_handler' | 'nats_subscribe'): void {
    countNatsError(this.#module, { type, operation: subject });
    const what = type === 'nats_handler' ? 'a handler failed' : 'the server ended a subscription';
    log.error(`${what} (${subject})`, { producer: PRODUCER, error: asError(error), ...hintOf(error) });
  }
}

/** The package also resolves a drain if the connection is lost during it. */
async function drained(subscription: Subscription): Promise<void> {
  if (!subscription.isClosed()) await subscription.drain();
}
