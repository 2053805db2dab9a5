import { publishableSubject } from '../nats/subjects.ts';
import { ChurnMap } from './churn-map.ts';
import { KeyCounts } from './key-counts.ts';

/** A receiver without confirmations counts as present for this time after its announcement: modules register each minute. */
const FORMER_MS = 180_000;

/** Maximum number of receivers that are asked about a message; beyond it, the oldest are forgotten. */
const MAX_RECEIVERS = 100;

/** Receivers confirm within milliseconds. After this time without a confirmation they are asked. */
const CONFIRM_MS = 1_000;

/** The same when later messages wait. */
const URGENT_MS = 100;

/**
 * Age of an unconfirmed message from which the only receiver may be gone, so that later messages wait for it. Replacing a process takes
 * longer. If the receiver is only slow, messages of other senders overtake those that wait.
 */
const OVERDUE_MS = 500;

/** A message to send. */
export interface Item {
  readonly lane: Lane;
  /** In order of creation, so a smaller number is an older message. */
  readonly number: number;
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Messages with the same value arrive in order. */
  readonly order: string;
  /** When it was given to the outbox, or when a receiver last reported that it has it. */
  sinceMs: number;
  /** Whether it was sent or is kept for later, once that is known. */
  outcome: boolean | undefined;
  /** Called with the outcome, if the sender waits for it. */
  settle: ((sent: boolean) => void) | undefined;
  /** When it was last sent, or when a receiver last reported that it has it. */
  sentMs: number;
  /** How often it was sent. */
  sends: number;
  /** Number of round trips that began before it was sent, if its receiver does not confirm. */
  turn: number;
  /** A receiver may have it: it was sent, and the connection or the receiver was lost before the confirmation. */
  isDoubtful: boolean;
}

/** Messages with one destination, and its known receivers. */
export class Lane {
  readonly key: string;
  /** Messages to be sent, by number. */
  waiting: Item[] = [];
  readonly receivers = new Set<string>();
  /** Whether its unconfirmed messages are being looked after. */
  isBusy = false;
  /** Whether its waiting messages are being sent: later ones then wait as well. */
  isSending = false;
  /** Whether the last message had no subscriber. */
  isAway = false;
  /** Whether a receiver is new or gone, so that the others must be asked about all messages. */
  isUnsure = false;
  /** Number of new receivers so far. */
  announcements = 0;
  /** Messages sent to a receiver that confirms, by number. */
  readonly #unconfirmed = new ChurnMap<number, Item>();
  /** Messages that a receiver has and has not started to process. */
  readonly #held = new ChurnMap<number, Item>();
  /** Orders of the unconfirmed messages. */
  readonly #orders = new KeyCounts();
  #formerUntilMs = -Infinity;
  /** The last subject, as given and as published. */
  #subject: readonly [given: string, publishable: string] = ['', ''];

  constructor(key: string) {
    this.key = key;
  }

  /** Records the announcement of a receiver; `undefined` for one that does not confirm. @returns whether it confirms and is new. */
  announced(receiver: string | undefined, nowMs: number): boolean {
    if (receiver === undefined) {
      this.#formerUntilMs = nowMs + FORMER_MS;
      return false;
    }
    if (this.receivers.has(receiver)) return false;
    const [first] = this.receivers;
    if (this.receivers.size >= MAX_RECEIVERS && first !== undefined) this.receivers.delete(first);
    this.receivers.add(receiver);
    this.announcements++;
    this.isUnsure ||= this.receivers.size > 1 || this.#unconfirmed.size > 0 || this.#held.size > 0;
    return true;
  }

  /**
   * Whether there is a receiver that does not confirm: it may have a message without confirmation, which therefore must not be sent again.
   */
  hasFormer(nowMs: number): boolean {
    return nowMs < this.#formerUntilMs;
  }

  /** Whether every receiver confirms the messages that it receives. */
  confirms(nowMs: number): boolean {
    return this.receivers.size > 0 && !this.hasFormer(nowMs);
  }

  /** The subject in a form that can be published; most messages of a lane have the same one. */
  publishable(subject: string): string {
    if (this.#subject[0] !== subject) this.#subject = [subject, publishableSubject(subject)];
    return this.#subject[1];
  }

  /** Number of messages that were sent and that no receiver has acknowledged. */
  get onTheWay(): number {
    return this.#unconfirmed.size;
  }

  get isIdle(): boolean {
    return this.isDone && this.#held.size === 0;
  }

  /** Whether a receiver has each message. */
  get isDone(): boolean {
    return this.waiting.length === 0 && this.#unconfirmed.size === 0;
  }

  /**
   * Whether a new message must wait for older ones of its order. With one receiver it need not: the receiver gets them in the order of
   * sending. With several receivers, one may be slow or gone while the others continue.
   */
  mustWait(order: string, nowMs: number): boolean {
    if (this.isSending) return true;
    if (this.waiting.length > 0 && (this.isAway || !this.confirms(nowMs) || this.waiting.some((item) => item.order === order))) return true;
    return this.#isBehind(order, nowMs);
  }

  /** Whether messages of an order wait for one that was sent. */
  #isBehind(order: string, nowMs: number): boolean {
    return this.#orders.has(order) && (this.receivers.size > 1 || this.isUnsure || this.#oldestSentMs <= nowMs - OVERDUE_MS);
  }

  get #oldestSentMs(): number {
    for (const { sentMs } of this.#unconfirmed.values()) return sentMs;
    return Infinity;
  }

  /** Inserts a message by its number: a rejection may arrive when newer messages already wait. */
  keep(item: Item): void {
    const index = this.waiting.findLastIndex(({ number }) => number < item.number);
    this.waiting.splice(index + 1, 0, item);
  }

  /** Records that the message was sent to a receiver that confirms. */
  sent(item: Item): void {
    this.#unconfirmed.set(item.number, item);
    this.#orders.add(item.order);
  }

  /** Messages to ask the receivers about: those that have been unconfirmed for a while, and those that may have been lost. */
  doubtful(nowMs: number): Item[] {
    const ageMs = this.isUnsure || this.isAway ? 0 : this.waiting.length > 0 ? URGENT_MS : CONFIRM_MS;
    const heldMs = ageMs === 0 ? 0 : CONFIRM_MS;
    return [
      ...[...this.#unconfirmed.values()].filter(({ sentMs }) => nowMs - sentMs >= ageMs),
      ...[...this.#held.values()].filter(({ sentMs }) => nowMs - sentMs >= heldMs),
      ...this.waiting.filter(({ isDoubtful }) => isDoubtful),
    ];
  }

  /** Removes and returns the next messages to send; empty while an older one of the same order is unconfirmed. */
  next(count: number, nowMs: number): Item[] {
    const ready = new Set(this.confirms(nowMs) ? this.#readyByOrder(count, nowMs) : this.#readyInAll(count));
    if (ready.size > 0) this.waiting = this.waiting.filter((item) => !ready.has(item));
    return [...ready];
  }

  /** Removes and returns the message that waits for the last one of its order, if that one is confirmed. */
  following(order: string, nowMs: number): Item | undefined {
    if (this.isAway || !this.confirms(nowMs) || this.#isBehind(order, nowMs)) return undefined;
    const index = this.waiting.findIndex((item) => item.order === order);
    return this.waiting[index]?.isDoubtful === false ? this.waiting.splice(index, 1)[0] : undefined;
  }

  #readyByOrder(count: number, nowMs: number): Item[] {
    const ready: Item[] = [];
    const behind = new Set<string>();
    for (const item of this.waiting) {
      if (ready.length === count) break;
      if (behind.has(item.order)) continue;
      const isReady = !item.isDoubtful && !this.#isBehind(item.order, nowMs);
      if (isReady) ready.push(item);
      if (!isReady || this.receivers.size > 1) behind.add(item.order);
    }
    return ready;
  }

  /** While a receiver does not confirm, the whole lane has one order. */
  #readyInAll(count: number): Item[] {
    const doubtfulAt = this.waiting.findIndex(({ isDoubtful }) => isDoubtful);
    const [first] = this.waiting;
    if (first === undefined) return [];
    for (const number of this.#unconfirmed.keys()) if (number < first.number) return [];
    return this.waiting.slice(0, doubtfulAt === -1 ? count : Math.min(count, doubtfulAt));
  }

  /**
   * Removes and returns the messages that wait because there is no subscriber; empty if a receiver may have one of them, so that the order
   * is kept.
   */
  takeKept(): Item[] {
    const isSure = this.isAway && this.#unconfirmed.size === 0 && !this.waiting.some(({ isDoubtful }) => isDoubtful);
    return isSure ? this.waiting.splice(0) : [];
  }

  /** Removes a message, whether it waits or was sent. */
  remove(number: number): Item | undefined {
    const unconfirmed = this.#unconfirmed.get(number);
    if (unconfirmed !== undefined) {
      this.#unconfirmed.delete(number);
      this.#orders.remove(unconfirmed.order);
      return unconfirmed;
    }
    const held = this.#held.get(number);
    if (held !== undefined) {
      this.#held.delete(number);
      return held;
    }
    const index = this.waiting.findIndex((each) => each.number === number);
    return index === -1 ? undefined : this.waiting.splice(index, 1)[0];
  }

  /** Records that no running receiver has these messages, so that they can be sent again. */
  absent(items: readonly Item[]): void {
    for (const item of items) if (this.remove(item.number) !== undefined) this.keep(Object.assign(item, { isDoubtful: false }));
  }

  /**
   * Records that a receiver has the message and has not started to process it: it will confirm, or be asked again, and other messages need
   * not wait for that. This time does not count toward the age of the message, because the receiver decides how long it keeps the message.
   */
  held(item: Item, nowMs: number): void {
    Object.assign(item, { sinceMs: nowMs, sentMs: nowMs, isDoubtful: false });
    this.#held.set(item.number, item);
  }

  /** The connection broke: unconfirmed messages may or may not have arrived. */
  broken(): void {
    for (const items of [this.#unconfirmed, this.#held]) {
      for (const item of items.values()) {
        item.isDoubtful = true;
        this.keep(item);
      }
      items.clear();
    }
    this.#orders.clear();
  }

  /** Removes and returns the messages that are older than `sinceMs`: those that wait, and those that have most likely arrived. */
  expired(sinceMs: number): { readonly waiting: readonly Item[]; readonly sent: readonly Item[] } {
    const isOld = (item: Item): boolean => item.sinceMs < sinceMs;
    const sent = [...this.#unconfirmed.values()].filter(isOld);
    for (const { number } of sent) this.remove(number);
    const waiting = this.waiting.filter(isOld);
    if (waiting.length > 0) this.waiting = this.waiting.filter((item) => !isOld(item));
    return { waiting, sent };
  }
}
