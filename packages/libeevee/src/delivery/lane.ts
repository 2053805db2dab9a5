import { publishableSubject } from '../nats/subjects.ts';
import { type Item, KeyCounts } from './item.ts';

/** A receiver without confirmations counts as present for so long after it announced itself: modules register each minute. */
const FORMER_MS = 180_000;

/** Receivers to ask about a message; more are forgotten, the oldest first. */
const MAX_RECEIVERS = 100;

/** Receivers confirm within milliseconds; after this they are asked. */
const CONFIRM_MS = 1_000;

/** They are asked earlier when later messages wait. */
const URGENT_MS = 100;

/**
 * The only receiver may be gone when a message has no confirmation for so long: later ones wait for it. A process takes longer to be replaced. If it is
 * only slow, a message that waits is overtaken by those of other senders.
 */
const OVERDUE_MS = 500;

/** Messages with one destination, and its known receivers. */
export class Lane {
  readonly key: string;
  /** To be sent, by number. */
  waiting: Item[] = [];
  readonly receivers = new Set<string>();
  /** Its messages are being looked after. */
  isBusy = false;
  /** Its waiting messages are being sent: later ones wait too. */
  isSending = false;
  /** Nothing was subscribed when a message was last sent. */
  isAway = false;
  /** A receiver is new or gone: the others must be asked about all messages. */
  isUnsure = false;
  /** New receivers so far. */
  announcements = 0;
  /** Sent to a receiver that confirms, by number. */
  readonly #unconfirmed = new Map<number, Item>();
  /** A receiver has said that it has them, and has not begun to work on them. */
  readonly #held = new Map<number, Item>();
  /** Orders of the unconfirmed messages. */
  readonly #orders = new KeyCounts();
  #formerUntilMs = -Infinity;
  /** The subject that was used last, as given and as published. */
  #subject: readonly [given: string, publishable: string] = ['', ''];

  constructor(key: string) {
    this.key = key;
  }

  /** A receiver announced itself; `undefined`: one that does not confirm. @returns whether it confirms, and was not known. */
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

  /** Whether there is a receiver that does not confirm: a message without confirmation may be with it, and must not be sent again. */
  hasFormer(nowMs: number): boolean {
    return nowMs < this.#formerUntilMs;
  }

  /** Whether every receiver confirms what it takes. */
  confirms(nowMs: number): boolean {
    return this.receivers.size > 0 && !this.hasFormer(nowMs);
  }

  /** The subject in a form that a message can be sent to; most messages of a lane have the same. */
  publishable(subject: string): string {
    if (this.#subject[0] !== subject) this.#subject = [subject, publishableSubject(subject)];
    return this.#subject[1];
  }

  /** Messages that were sent and of which no receiver has said anything. */
  get onTheWay(): number {
    return this.#unconfirmed.size;
  }

  get isIdle(): boolean {
    return this.isDone && this.#held.size === 0;
  }

  /** Whether each message is with a receiver. */
  get isDone(): boolean {
    return this.waiting.length === 0 && this.#unconfirmed.size === 0;
  }

  /**
   * Whether a new message has to wait for older ones of its order. With one receiver it does not: it gets them in the order in which they
   * were sent. With several receivers, one may be slow or gone while the others continue.
   */
  mustWait(order: string, nowMs: number): boolean {
    if (this.isSending) return true;
    if (this.waiting.length > 0 && (this.isAway || !this.confirms(nowMs) || this.waiting.some((item) => item.order === order))) return true;
    return this.#isBehind(order, nowMs);
  }

  /** Whether messages of an order wait for one that is sent. */
  #isBehind(order: string, nowMs: number): boolean {
    return this.#orders.has(order) && (this.receivers.size > 1 || this.isUnsure || this.#oldestSentMs <= nowMs - OVERDUE_MS);
  }

  get #oldestSentMs(): number {
    for (const { sentMs } of this.#unconfirmed.values()) return sentMs;
    return Infinity;
  }

  /** Inserts a message by number: rejections arrive when newer ones already wait. */
  keep(item: Item): void {
    const index = this.waiting.findLastIndex(({ number }) => number < item.number);
    this.waiting.splice(index + 1, 0, item);
  }

  /** The message was sent to a receiver that confirms. */
  sent(item: Item): void {
    this.#unconfirmed.set(item.number, item);
    this.#orders.add(item.order);
  }

  /** Messages to ask the receivers about: those without a confirmation for a while, and those that may have been lost. */
  doubtful(nowMs: number): Item[] {
    const ageMs = this.isUnsure || this.isAway ? 0 : this.waiting.length > 0 ? URGENT_MS : CONFIRM_MS;
    const heldMs = ageMs === 0 ? 0 : CONFIRM_MS;
    return [
      ...[...this.#unconfirmed.values()].filter(({ sentMs }) => nowMs - sentMs >= ageMs),
      ...[...this.#held.values()].filter(({ sentMs }) => nowMs - sentMs >= heldMs),
      ...this.waiting.filter(({ isDoubtful }) => isDoubtful),
    ];
  }

  /** Removes and returns the next messages to send: none while an older one of the same order may still be confirmed. */
  next(count: number, nowMs: number): Item[] {
    const ready = new Set(this.confirms(nowMs) ? this.#readyByOrder(count, nowMs) : this.#readyInAll(count));
    if (ready.size > 0) this.waiting = this.waiting.filter((item) => !ready.has(item));
    return [...ready];
  }

  /** Removes and returns the message that waits for the last one of its order, if that one is done with. */
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

  /** Removes and returns what waits because nothing is subscribed; nothing if a receiver may have seen one of them, for their order. */
  takeKept(): Item[] {
    const isSure = this.isAway && this.#unconfirmed.size === 0 && !this.waiting.some(({ isDoubtful }) => isDoubtful);
    return isSure ? this.waiting.splice(0) : [];
  }

  /** Removes a message, wherever it is. */
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

  /** Every receiver that is alive has answered that it has none of these: they can be sent again. */
  absent(items: readonly Item[]): void {
    for (const item of items) if (this.remove(item.number) !== undefined) this.keep(Object.assign(item, { isDoubtful: false }));
  }

  /**
   * A receiver has the message and has not begun to work on it: it will confirm, or be asked again. Others need not wait for that. The time
   * that it is there does not make the message too old: the receiver decides how long it keeps it.
   */
  held(item: Item, nowMs: number): void {
    Object.assign(item, { sinceMs: nowMs, sentMs: nowMs, isDoubtful: false });
    this.#held.set(item.number, item);
  }

  /** The connection broke: what is not confirmed may or may not have arrived. */
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

  /** Removes and returns the messages that are older than `sinceMs`: those that wait, and those that a receiver most likely has. */
  expired(sinceMs: number): { readonly waiting: readonly Item[]; readonly sent: readonly Item[] } {
    const isOld = (item: Item): boolean => item.sinceMs < sinceMs;
    const sent = [...this.#unconfirmed.values()].filter(isOld);
    for (const { number } of sent) this.remove(number);
    const waiting = this.waiting.filter(isOld);
    if (waiting.length > 0) this.waiting = this.waiting.filter((item) => !isOld(item));
    return { waiting, sent };
  }
}
