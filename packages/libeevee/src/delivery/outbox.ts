import { randomUUID } from 'node:crypto';
import { confirmationSubject, readConfirmationSubject } from '@eeveebot/contract';
import type { Msg } from 'nats';
import { reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { shownSubject } from '../nats/subjects.ts';
import type { Confirmation } from './inbox.ts';
import { LaneCare } from './lane-care.ts';
import type { Item, Lane } from './lane.ts';
import { Ledger } from './ledger.ts';
import { type Kept, type LossReason, type OutboxClock, type OutboxOptions, type Outgoing, systemClock } from './outbox-options.ts';
import { MAX_ON_THE_WAY, PassingMessages } from './passing-messages.ts';
import { Questions } from './questions.ts';
import { ReportSums } from './report-sums.ts';

/** Interval of attempts while a receiver is away, and of checks for unconfirmed messages. */
const RETRY_MS = 200;

/** Time limit of a stop for confirmations. */
const FINISH_MS = 1_000;

/** NATS status of a message without subscribers. */
const NO_RESPONDERS = 503;

const PRODUCER = 'delivery';

/**
 * Messages to another process. While NATS is disconnected or there is no subscriber, they are kept and later sent in order. A message that
 * may have been lost is sent again if no receiver has it.
 *
 * @example
 * const outbox = new Outbox({ nats, maxAgeMs: 30_000, onLost: (messages, reason) => log.warn('lost', { messages, reason }) });
 * await outbox.start();
 * outbox.send({ lane: 'irc.main', order: '#eevee', subject: 'chat.message.outgoing.irc.main.#eevee', payload });
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #clock: OutboxClock;
  readonly #questions: Questions;
  readonly #id = randomUUID().replaceAll('-', '');
  readonly #losses: ReportSums<LossReason>;
  readonly #ledger: Ledger;
  readonly #passing: PassingMessages;
  readonly #care: LaneCare;
  #cancelTick: (() => void) | undefined;
  #finished: (() => void)[] = [];
  #starting: Promise<unknown> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#losses = new ReportSums(options.onLost, this.#clock);
    this.#ledger = new Ledger((messages, reason) => this.#losses.add(messages, reason));
    this.#questions = new Questions(options.nats, () => this.#clock.now());
    this.#passing = new PassingMessages({
      nats: options.nats,
      clock: this.#clock,
      ledger: this.#ledger,
      onDelivered: () => this.#checkFinished(),
    });
    this.#care = new LaneCare({
      ...options,
      id: this.#id,
      now: () => this.#clock.now(),
      ledger: this.#ledger,
      questions: this.#questions,
      publish: (item) => this.#publish(item),
      roundTrip: () => this.#passing.roundTrip(),
    });
  }

  /** Messages that wait for a receiver, or for NATS. */
  get waiting(): number {
    return this.#ledger.waiting;
  }

  /** Listens for confirmations until the client is closed. A drain of the client waits a moment for unconfirmed messages. */
  async start(): Promise<void> {
    this.#starting ??= this.#start();
    await this.#starting;
  }

  async #start(): Promise<void> {
    const { nats } = this.#options;
    nats.on('disconnect', () => this.#broken());
    nats.on('reconnect', () => {
      this.#questions.reconnected();
      this.#tick();
    });
    nats.on('close', () => this.#close());
    const options = { answers: true, leave: () => this.finish() };
    await nats.subscribe(confirmationSubject(this.#id), (_subject, msg) => this.#answered(msg), options);
  }

  /** Records the announcement of a receiver of a lane; `undefined` for one that does not confirm. */
  announced(lane: string, receiver: string | undefined): void {
    this.#announced(this.#ledger.lane(lane), receiver);
  }

  /**
   * Sends a message, now or when there is a receiver.
   *
   * @returns `false` when it can never be sent, such as one that is too large.
   */
  send(message: Outgoing): boolean {
    return this.#take(message).outcome !== false;
  }

  /**
   * Sends a message as {@link send} does.
   *
   * @returns `true` when the message is on its way or kept, so that the sender may continue; `false` when it cannot be sent; a promise of
   * that when many messages are on their way.
   */
  deliver(message: Outgoing): boolean | Promise<boolean> {
    const item = this.#take(message);
    return item.outcome ?? new Promise((resolve) => (item.settle = resolve));
  }

  #take(message: Outgoing): Item {
    const nowMs = this.#clock.now();
    const item = this.#ledger.add(message, nowMs);
    const { lane } = item;
    if (this.#options.nats.isClosed() || lane.mustWait(item.order, nowMs)) this.#keep(item);
    else this.#publish(item, nowMs);
    this.#ledger.makeRoom(lane);
    return item;
  }

  /** Records that the destination of a lane was withdrawn. Messages that wait are still sent if it comes back soon. */
  withdrawn(key: string): void {
    this.#ledger.withdrawn(key);
  }

  /**
   * Removes and returns, in order, the messages that are kept because there is no subscriber, for another process to send. Those that a
   * receiver may have stay.
   */
  async takeKept(): Promise<Kept[]> {
    // NATS reports a missing subscriber within a round trip. Waiting messages may have been sent just now.
    if (!this.#ledger.isDone) await this.#passing.roundTrip();
    if (this.#ledger.lanes.some((lane) => lane.isSending)) await this.#passing.roundTrip();
    const nowMs = this.#clock.now();
    return this.#ledger.lanes.flatMap((lane) =>
      lane.takeKept().map((item) => {
        this.#ledger.forget(item, true);
        const { subject, payload, order, sinceMs } = item;
        return { lane: lane.key, order, subject, payload, ageMs: nowMs - sinceMs };
      }),
    );
  }

  /** Waits until everything has arrived, for at most a second, and not at all while NATS is disconnected. */
  async finish(): Promise<void> {
    if (!this.#ledger.isDone && !this.#options.nats.isClosed()) {
      this.#passing.flush();
      for (const lane of this.#ledger.lanes) lane.isUnsure ||= !lane.isDone;
      this.#tick();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#finished.push(resolve);
      const cancel = this.#clock.after(FINISH_MS, resolve);
      await promise;
      cancel();
    }
    const left = this.waiting;
    if (left > 0) this.#losses.add(left, 'stopped');
    this.#losses.flush();
  }

  #publish(item: Item, nowMs = this.#clock.now()): void {
    const { lane, number, subject, payload } = item;
    try {
      this.#options.nats.nats?.publish(lane.publishable(subject), payload, { reply: confirmationSubject(this.#id, number) });
    } catch (error) {
      log.error('a message could not be sent', { producer: PRODUCER, subject: shownSubject(subject), reason: reasonOf(error) });
      this.#ledger.forget(item, false);
      return;
    }
    item.sentMs = nowMs;
    item.sends++;
    if (lane.confirms(nowMs)) {
      this.#ledger.await(item);
      this.#scheduleTick();
    } else {
      this.#passing.add(item);
    }
    if (Math.max(lane.onTheWay, this.#ledger.passing.size) <= MAX_ON_THE_WAY) this.#ledger.settle(item, true);
  }

  #answered(msg: Msg): void {
    const { number = 0 } = readConfirmationSubject(msg.subject) ?? {};
    const item = this.#ledger.sent.get(number) ?? this.#ledger.passing.get(number);
    if (item === undefined) return;
    const { lane } = item;
    if (msg.headers?.code === NO_RESPONDERS) {
      this.#ledger.remove(item);
      lane.isAway = true;
      this.#keep(item);
      return;
    }
    const confirmation = msg.json<Confirmation>();
    const isHeld = typeof confirmation !== 'string';
    if (isHeld) this.#ledger.held(item, this.#clock.now());
    else this.#ledger.taken(item);
    this.#announced(lane, isHeld ? confirmation.held : confirmation);
    this.#follow(item);
  }

  #announced(lane: Lane, receiver: string | undefined): void {
    if (lane.announced(receiver, this.#clock.now()) && lane.isUnsure) void this.#lookAfter(lane);
  }

  /** A receiver has the message, so the next one of its order can be sent. */
  #follow({ lane, order }: Item): void {
    lane.isAway = false;
    if (lane.waiting.length > 0) {
      const next = lane.following(order, this.#clock.now());
      if (next !== undefined) this.#publish(next);
    }
    this.#checkFinished();
  }

  #keep(item: Item): void {
    this.#ledger.keep(item);
    this.#scheduleTick();
  }

  #broken(): void {
    this.#ledger.broken();
    this.#scheduleTick();
  }

  #close(): void {
    this.#losses.flush();
    this.#cancelTick?.();
    this.#passing.close();
    this.#cancelTick = undefined;
    for (const resolve of this.#finished.splice(0)) resolve();
  }

  /** Only one attempt is scheduled at a time: a message that is kept in the meantime must not postpone it. */
  #scheduleTick(): void {
    this.#cancelTick ??= this.#clock.after(RETRY_MS, () => {
      this.#cancelTick = undefined;
      this.#tick();
    });
  }

  #tick(): void {
    const lanes = this.#ledger.lanes.filter((lane) => !lane.isIdle || lane.isUnsure);
    for (const lane of lanes) void this.#lookAfter(lane);
    if (lanes.length > 0) this.#scheduleTick();
  }

  async #lookAfter(lane: Lane): Promise<void> {
    await this.#care.lookAfter(lane);
    if (lane.isUnsure) this.#scheduleTick();
    this.#checkFinished();
  }

  #checkFinished(): void {
    if (this.#finished.length > 0 && this.#ledger.isDone) for (const resolve of this.#finished.splice(0)) resolve();
  }
}
