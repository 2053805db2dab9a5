import { randomUUID } from 'node:crypto';
import { type NatsClient, log } from '@eeveebot/libeevee';
import type { Clock } from '../clock.ts';
import type { Publication } from './payloads.ts';

/** Maximum number of messages kept while the router is away. */
const MAX_KEPT = 1_000;

/** An answer that arrives later than this would only confuse users. */
const MAX_AGE_MS = 60_000;

/** Interval of attempts while the router is away. */
const RETRY_MS = 200;

/** Kept messages per round trip: one at a time would be slower than a busy channel on a slow network. */
const BATCH = 100;

/** NATS status of a message without subscribers. */
const NO_RESPONDERS = 503;

interface Kept {
  readonly publication: Publication;
  readonly sinceMs: number;
}

/** For {@link Outbox}. */
export interface OutboxDeps {
  readonly nats: NatsClient;
  readonly clock: Clock;
  /** Messages were dropped: too many waited, or for too long. */
  readonly onDropped: (messages: number, reason: 'too_many' | 'too_old') => void;
}

/**
 * Messages of users on the way to the router. While NATS is disconnected, or there is no subscriber, they are kept for up to a minute and
 * then sent in order; NATS reports each message without a receiver, so none is sent twice. Messages in transit when a connection broke may
 * have arrived, and are not sent again.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #inbox = `_INBOX.${randomUUID().replaceAll('-', '')}`;
  readonly #kept: Kept[] = [];
  /** Messages sent and not yet confirmed, by number. */
  readonly #underWay = new Map<number, Kept>();
  #number = 0;
  #sending = false;
  #cancelRetry: (() => void) | undefined;
  readonly #onDisconnect = (): void => this.#underWay.clear();
  readonly #onReconnect = (): void => void this.#sendKept();

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Number of waiting messages. */
  get waiting(): number {
    return this.#kept.length;
  }

  async start(): Promise<void> {
    const { nats } = this.#deps;
    await nats.subscribe(`${this.#inbox}.*`, (_subject, msg) => {
      if (msg.headers?.code === NO_RESPONDERS) this.#refused(Number(msg.subject.slice(this.#inbox.length + 1)));
    });
    nats.on('disconnect', this.#onDisconnect);
    nats.on('reconnect', this.#onReconnect);
  }

  stop(): void {
    const { nats } = this.#deps;
    this.#cancelRetry?.();
    nats.off('disconnect', this.#onDisconnect);
    nats.off('reconnect', this.#onReconnect);
  }

  /** Sends a message, now or when there is a receiver. */
  send(publication: Publication): void {
    const kept = { publication, sinceMs: this.#deps.clock.now() };
    if (this.#kept.length === 0 && !this.#sending && !this.#deps.nats.isClosed()) void this.#publish([kept]);
    else this.#keep(kept);
  }

  /** @returns whether there was a receiver for all of them, as far as NATS reports. */
  async #publish(messages: readonly Kept[]): Promise<boolean> {
    const connection = this.#deps.nats.nats;
    if (connection === undefined || this.#deps.nats.isClosed()) {
      for (const kept of messages) this.#keep(kept);
      return false;
    }
    const numbers: number[] = [];
    try {
      for (const kept of messages) {
        const number = ++this.#number;
        numbers.push(number);
        this.#underWay.set(number, kept);
        const { subject, payload } = kept.publication;
        connection.publish(subject, JSON.stringify(payload), { reply: `${this.#inbox}.${number}` });
      }
      // Reports of a missing receiver arrive before the answer to this.
      await connection.flush();
    } catch (error) {
      log.debug('a message may not have reached NATS', { producer: 'connector-irc', error });
    }
    return numbers.map((number) => this.#underWay.delete(number)).every((accepted) => accepted);
  }

  #refused(number: number): void {
    const kept = this.#underWay.get(number);
    if (kept === undefined) return;
    this.#underWay.delete(number);
    this.#keep(kept);
  }

  /** Inserts a message by age: rejections arrive when newer ones are already kept. */
  #keep(kept: Kept): void {
    const index = this.#kept.findLastIndex(({ sinceMs }) => sinceMs <= kept.sinceMs);
    this.#kept.splice(index + 1, 0, kept);
    if (this.#kept.length > MAX_KEPT) {
      this.#kept.shift();
      this.#deps.onDropped(1, 'too_many');
    }
    this.#scheduleRetry();
  }

  /** One attempt at a time is scheduled: a message that is kept during that time must not postpone it. */
  #scheduleRetry(): void {
    if (this.#cancelRetry !== undefined || this.#kept.length === 0) return;
    this.#cancelRetry = this.#deps.clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      void this.#sendKept();
    });
  }

  /** The first message shows whether there is a receiver for the others. */
  async #sendKept(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    this.#forgetOld();
    for (let next = this.#next(1); next.length > 0; next = this.#next(BATCH)) {
      if (!(await this.#publish(next))) break;
    }
    this.#sending = false;
    this.#scheduleRetry();
  }

  #next(count: number): readonly Kept[] {
    return this.#deps.nats.isClosed() ? [] : this.#kept.splice(0, count);
  }

  #forgetOld(): void {
    const fresh = this.#kept.findIndex(({ sinceMs }) => this.#deps.clock.now() - sinceMs <= MAX_AGE_MS);
    const old = this.#kept.splice(0, fresh === -1 ? this.#kept.length : fresh).length;
    if (old > 0) this.#deps.onDropped(old, 'too_old');
  }
}
