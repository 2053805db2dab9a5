import { randomUUID } from 'node:crypto';
import { confirmationSubject, readConfirmationSubject } from '@eeveebot/contract';
import type { Msg } from 'nats';
import { reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { type Item, Lane } from './lane.ts';
import { type LossReason, type OutboxClock, type OutboxOptions, type Outgoing, systemClock } from './outbox-options.ts';
import { Questions } from './questions.ts';

/** Messages kept of one lane. */
const MAX_WAITING = 1_000;

/** Memory of all messages that are kept, in characters of their payloads. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

/** Interval of attempts while a receiver is away, and of looking for messages without confirmation. */
const RETRY_MS = 200;

/** Receivers confirm within milliseconds; after this they are asked. */
const CONFIRM_MS = 1_000;

/** Kept messages per round trip: one at a time would be slower than a busy channel on a slow network. */
const BATCH = 100;

/**
 * How long the server's confirmation may wait for more messages. No caller depends on it: a message without subscribers is reported in any case,
 * and a round trip for each message costs as much as the message.
 */
const FORGET_MS = 100;

/** How long a stop waits for confirmations. */
const FINISH_MS = 1_000;

/** NATS status of a message without subscribers. */
const NO_RESPONDERS = 503;

const PRODUCER = 'delivery';

/** Captured before a test fakes it: messages must still be sent. */
const nextTurn = setImmediate;

interface Sent {
  readonly lane: Lane;
  readonly item: Item;
  /** Round trips that began before. */
  readonly turn: number;
}

/**
 * Messages on the way to another process. While NATS is disconnected, or nothing is subscribed, they are kept and then sent in order. A
 * message that may have been lost is sent again when no receiver has it.
 *
 * @example
 * const outbox = new Outbox({ nats, maxAgeMs: 30_000, onLost: (messages, reason) => log.warn('lost', { messages, reason }) });
 * await outbox.start();
 * outbox.send({ lane: 'main', subject: 'chat.message.outgoing.irc.main.#eevee', payload });
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #clock: OutboxClock;
  readonly #questions: Questions;
  readonly #id = randomUUID().replaceAll('-', '');
  readonly #lanes = new Map<string, Lane>();
  /** Sent, and to be confirmed by a receiver. */
  readonly #sent = new Map<number, Sent>();
  /** Sent to receivers that do not confirm: the server confirms that it passed them on. */
  readonly #passing = new Map<number, Sent>();
  #number = 0;
  #turn = 0;
  #characters = 0;
  #isFlushing = false;
  #cancelFlush: (() => void) | undefined;
  #cancelTick: (() => void) | undefined;
  #finished: (() => void)[] = [];
  #starting: Promise<unknown> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#questions = new Questions(options.nats, () => this.#clock.now());
  }

  /** Messages that wait for a receiver, or for NATS. */
  get waiting(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.waiting.length, 0);
  }

  /** Listens for confirmations, until the client is closed. A drain of the client waits a moment for what is on its way. */
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

  /** A receiver of a lane announced itself; `undefined`: one that does not confirm. */
  announced(lane: string, receiver: string | undefined): void {
    this.#lane(lane).announced(receiver, this.#clock.now());
  }

  /**
   * Sends a message, now or when there is a receiver.
   *
   * @param settled called once: with `true` when the message was passed on, or is kept; with `false` when it cannot be sent.
   * @returns `false` when it can never be sent, such as one that is too large.
   */
  send({ lane: key, subject, payload }: Outgoing, settled?: (sent: boolean) => void): boolean {
    const lane = this.#lane(key);
    const number = ++this.#number;
    const item: Item = {
      number,
      subject,
      payload,
      sinceMs: this.#clock.now(),
      settle: settled,
      sentMs: 0,
      isDoubtful: false,
      isHeld: false,
    };
    this.#characters += payload.length;
    const mustWait = lane.waiting.length > 0 || lane.isSending || this.#options.nats.isClosed();
    if (mustWait) this.#keep(lane, item);
    const isPossible = mustWait || this.#publish(lane, item);
    if (this.#characters > MAX_CHARACTERS) this.#makeRoom(lane);
    return isPossible;
  }

  /** Nothing more is sent on a lane: its destination was withdrawn. Messages that wait are still sent if it comes back soon. */
  withdrawn(key: string): void {
    if (this.#lanes.get(key)?.isIdle === true) this.#lanes.delete(key);
  }

  /** Waits until everything has arrived, for a second at most, and not at all while NATS is disconnected. */
  async finish(): Promise<void> {
    if (!this.#isEmpty && !this.#options.nats.isClosed()) {
      if (!this.#isFlushing) void this.#flush();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#finished.push(resolve);
      const cancel = this.#clock.after(FINISH_MS, resolve);
      await promise;
      cancel();
    }
    const left = this.waiting;
    if (left > 0) this.#options.onLost(left, 'stopped');
  }

  get #isEmpty(): boolean {
    return this.#sent.size === 0 && this.#passing.size === 0 && this.waiting === 0;
  }

  #lane(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(key);
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** @returns `false` when it can never be sent. */
  #publish(lane: Lane, item: Item): boolean {
    const { number, subject, payload } = item;
    try {
      this.#options.nats.nats?.publish(lane.publishable(subject), payload, { reply: confirmationSubject(this.#id, number) });
    } catch (error) {
      log.error('a message could not be sent', { producer: PRODUCER, subject, reason: reasonOf(error) });
      this.#forget(item, false);
      return false;
    }
    item.sentMs = this.#clock.now();
    if (lane.confirms(item.sentMs)) {
      this.#sent.set(number, { lane, item, turn: this.#turn });
      lane.unconfirmed.set(number, item);
      this.#scheduleTick();
      return true;
    }
    this.#passing.set(number, { lane, item, turn: this.#turn });
    this.#scheduleFlush(item);
    return true;
  }

  /** Soon if the caller waits, together with all messages of this turn of the event loop. */
  #scheduleFlush({ settle }: Item): void {
    if (this.#isFlushing) return;
    if (settle === undefined) {
      this.#cancelFlush ??= this.#clock.after(FORGET_MS, () => void this.#flush());
      return;
    }
    this.#isFlushing = true;
    nextTurn(() => void this.#flush());
  }

  /** The server reports messages without subscribers before it answers this: the others were passed on. One round trip at a time. */
  async #flush(): Promise<void> {
    this.#isFlushing = true;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const turn = this.#turn++;
    if (!this.#options.nats.isClosed()) await this.#roundTrip();
    this.#isFlushing = false;
    // When the connection breaks, all that was on its way is given up.
    if (this.#options.nats.isClosed()) return;
    for (const [number, sent] of this.#passing) {
      if (sent.turn > turn) break;
      this.#passing.delete(number);
      this.#forget(sent.item, true);
    }
    const left = [...this.#passing.values()].map(({ item }) => item);
    const next = left.find(({ settle }) => settle !== undefined) ?? left[0];
    if (next !== undefined) this.#scheduleFlush(next);
    this.#checkFinished();
  }

  async #roundTrip(): Promise<void> {
    try {
      await this.#options.nats.nats?.flush();
    } catch (error) {
      log.debug('a message may not have reached NATS', { producer: PRODUCER, error });
    }
  }

  #forget(item: Item, sent: boolean): void {
    this.#characters -= item.payload.length;
    this.#settle(item, sent);
  }

  #settle(item: Item, sent: boolean): void {
    const { settle } = item;
    item.settle = undefined;
    settle?.(sent);
  }

  #answered(msg: Msg): void {
    const { number = 0 } = readConfirmationSubject(msg.subject) ?? {};
    const sent = this.#sent.get(number) ?? this.#passing.get(number);
    if (msg.headers?.code === NO_RESPONDERS) {
      if (sent === undefined) return;
      this.#remove(sent);
      this.#keep(sent.lane, sent.item);
      return;
    }
    if (sent === undefined) return;
    sent.lane.announced(msg.json<string>(), this.#clock.now());
    this.#taken(sent.lane, sent.item);
  }

  #remove({ lane, item: { number } }: Pick<Sent, 'lane' | 'item'>): Item | undefined {
    const passing = this.#passing.get(number)?.item;
    this.#passing.delete(number);
    this.#sent.delete(number);
    return lane.remove(number) ?? passing;
  }

  #taken(lane: Lane, item: Item): void {
    if (this.#remove({ lane, item }) !== undefined) this.#forget(item, true);
    this.#checkFinished();
  }

  #keep(lane: Lane, item: Item): void {
    lane.keep(item);
    this.#settle(item, true);
    if (lane.waiting.length > MAX_WAITING) this.#drop(lane.waiting.splice(0, 1), 'too_many');
    this.#scheduleTick();
  }

  #drop(items: readonly Item[], reason: LossReason): void {
    for (const item of items) this.#forget(item, false);
    if (items.length > 0) this.#options.onLost(items.length, reason);
  }

  /** Messages without confirmation have most likely arrived: they go first. */
  #makeRoom(lane: Lane): void {
    for (const { lane: to, item } of this.#sent.values()) {
      if (this.#characters <= MAX_CHARACTERS) return;
      this.#taken(to, item);
    }
    while (this.#characters > MAX_CHARACTERS && lane.waiting.length > 0) this.#drop(lane.waiting.splice(0, 1), 'too_many');
  }

  #broken(): void {
    const lost = [...this.#passing.values()].map(({ item }) => item);
    this.#passing.clear();
    for (const { item } of this.#sent.values()) this.#settle(item, true);
    this.#sent.clear();
    for (const lane of this.#lanes.values()) lane.broken();
    this.#drop(lost, 'broken');
    this.#scheduleTick();
  }

  #close(): void {
    this.#cancelTick?.();
    this.#cancelFlush?.();
    this.#cancelTick = undefined;
    for (const resolve of this.#finished.splice(0)) resolve();
  }

  /** One attempt at a time is scheduled: a message that is kept during that time must not postpone it. */
  #scheduleTick(): void {
    this.#cancelTick ??= this.#clock.after(RETRY_MS, () => {
      this.#cancelTick = undefined;
      this.#tick();
    });
  }

  #tick(): void {
    let isIdle = true;
    for (const lane of this.#lanes.values()) {
      if (lane.isIdle) continue;
      isIdle = false;
      if (!lane.isBusy) void this.#lookAfter(lane);
    }
    if (!isIdle) this.#scheduleTick();
  }

  async #lookAfter(lane: Lane): Promise<void> {
    lane.isBusy = true;
    const nowMs = this.#clock.now();
    const { waiting, sent } = lane.expired(nowMs - this.#options.maxAgeMs);
    this.#drop(waiting, 'too_old');
    for (const item of sent) {
      this.#sent.delete(item.number);
      this.#forget(item, true);
    }
    const doubtful = lane.doubtful(nowMs - CONFIRM_MS);
    if (doubtful.length === 0 || (await this.#resolve(lane, doubtful))) await this.#sendWaiting(lane);
    lane.isBusy = false;
    this.#checkFinished();
  }

  /** Finds out which messages arrived. @returns whether that is known. */
  async #resolve(lane: Lane, doubtful: readonly Item[]): Promise<boolean> {
    if (!lane.hasFormer(this.#clock.now())) return await this.#ask(lane, doubtful);
    const lost = doubtful.filter((item) => this.#remove({ lane, item }) !== undefined);
    this.#drop(lost, 'broken');
    return true;
  }

  /** Asks all receivers about messages. @returns whether all answered, or are gone. */
  async #ask(lane: Lane, doubtful: readonly Item[]): Promise<boolean> {
    if (this.#options.nats.isClosed()) return false;
    const question = { sender: this.#id, numbers: doubtful.map(({ number }) => number) };
    const { taken, held, gone, isComplete } = await this.#questions.askAll([...lane.receivers], question);
    for (const receiver of gone) lane.receivers.delete(receiver);
    const nowMs = this.#clock.now();
    for (const item of doubtful) {
      const { number } = item;
      if (taken.has(number)) this.#taken(lane, item);
      else if (held.has(number) && lane.held(item, nowMs)) this.#sent.set(number, { lane, item, turn: this.#turn });
    }
    if (!isComplete) return false;
    const absent = doubtful.filter(({ number }) => !taken.has(number) && !held.has(number));
    for (const { number } of absent) this.#sent.delete(number);
    lane.absent(absent);
    return true;
  }

  /** The first message shows whether there is a receiver for the others. */
  async #sendWaiting(lane: Lane): Promise<void> {
    lane.isSending = true;
    for (let count = 1; !this.#options.nats.isClosed(); count = BATCH) {
      const items = lane.next(count);
      const last = items.at(-1);
      if (last === undefined) break;
      for (const item of items) this.#publish(lane, item);
      await this.#roundTrip();
      if ((lane.waiting[0]?.number ?? Infinity) <= last.number) break;
    }
    lane.isSending = false;
  }

  #checkFinished(): void {
    if (this.#finished.length > 0 && this.#isEmpty) for (const resolve of this.#finished.splice(0)) resolve();
  }
}
