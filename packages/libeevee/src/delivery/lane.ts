import { publishableSubject } from '../nats/subjects.ts';

/** A message to send. */
export interface Item {
  /** In order of creation, so a smaller number is an older message. */
  readonly number: number;
  readonly subject: string;
  readonly payload: string | Uint8Array;
  readonly sinceMs: number;
  /** Called once with whether it was passed on, or is kept for later. */
  settle: ((sent: boolean) => void) | undefined;
  /** When it was last sent. */
  sentMs: number;
  /** A receiver may have it: it was sent, and the connection or the receiver was lost before the confirmation. */
  isDoubtful: boolean;
  /** A receiver has it and has not begun to work on it. */
  isHeld: boolean;
}

/** A receiver without confirmations counts as present for so long after it announced itself: modules register each minute. */
const FORMER_MS = 180_000;

/** Receivers to ask about a message; more are forgotten, the oldest first. */
const MAX_RECEIVERS = 100;

/** Messages with one destination, in order, and its known receivers. */
export class Lane {
  readonly key: string;
  /** To be sent, by number. */
  readonly waiting: Item[] = [];
  /** Sent to a receiver that confirms, by number. */
  readonly unconfirmed = new Map<number, Item>();
  readonly receivers = new Set<string>();
  /** Its messages are being looked after. */
  isBusy = false;
  /** Its waiting messages are being sent: later ones wait too. */
  isSending = false;
  #formerUntilMs = -Infinity;
  /** The subject that was used last, as given and as published. */
  #subject: readonly [given: string, publishable: string] = ['', ''];

  constructor(key: string) {
    this.key = key;
  }

  /** A receiver announced itself; `undefined`: one that does not confirm. */
  announced(receiver: string | undefined, nowMs: number): void {
    if (receiver === undefined) {
      this.#formerUntilMs = nowMs + FORMER_MS;
      return;
    }
    const [first] = this.receivers;
    if (this.receivers.size >= MAX_RECEIVERS && first !== undefined) this.receivers.delete(first);
    this.receivers.add(receiver);
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

  get isIdle(): boolean {
    return this.waiting.length === 0 && this.unconfirmed.size === 0;
  }

  /** Inserts a message by number: rejections arrive when newer ones already wait. */
  keep(item: Item): void {
    const index = this.waiting.findLastIndex(({ number }) => number < item.number);
    this.waiting.splice(index + 1, 0, item);
  }

  /** Messages to ask the receivers about: those without a confirmation since `sentBeforeMs`, or all when others wait for a receiver. */
  doubtful(sentBeforeMs: number): Item[] {
    const isUrgent = this.waiting.length > 0;
    const late = [...this.unconfirmed.values()].filter(({ sentMs, isHeld }) => (isUrgent && !isHeld) || sentMs <= sentBeforeMs);
    return [...late, ...this.waiting.filter(({ isDoubtful }) => isDoubtful)];
  }

  /** Removes and returns the next messages to send: none while an older one may still be confirmed. */
  next(count: number): Item[] {
    const doubtfulAt = this.waiting.findIndex(({ isDoubtful }) => isDoubtful);
    const [first] = this.waiting;
    if (first === undefined || doubtfulAt === 0) return [];
    for (const { number, isHeld } of this.unconfirmed.values()) if (!isHeld && number < first.number) return [];
    return this.waiting.splice(0, doubtfulAt === -1 ? count : Math.min(count, doubtfulAt));
  }

  /** Removes a message, wherever it is. */
  remove(number: number): Item | undefined {
    const item = this.unconfirmed.get(number);
    if (item !== undefined) {
      this.unconfirmed.delete(number);
      return item;
    }
    const index = this.waiting.findIndex((each) => each.number === number);
    return index === -1 ? undefined : this.waiting.splice(index, 1)[0];
  }

  /** Every receiver that is alive has answered that it has none of these: they can be sent again. */
  absent(items: readonly Item[]): void {
    for (const item of items) {
      if (this.remove(item.number) !== undefined) this.keep(Object.assign(item, { isDoubtful: false, isHeld: false }));
    }
  }

  /** A receiver has the message and has not begun to work on it: it will confirm, or be asked again. @returns whether it is still here. */
  held(item: Item, nowMs: number): boolean {
    if (this.remove(item.number) === undefined) return false;
    Object.assign(item, { sentMs: nowMs, isDoubtful: false, isHeld: true });
    this.unconfirmed.set(item.number, item);
    return true;
  }

  /** The connection broke: what is not confirmed may or may not have arrived. */
  broken(): void {
    for (const item of this.unconfirmed.values()) {
      item.isDoubtful = true;
      this.keep(item);
    }
    this.unconfirmed.clear();
  }

  /** Removes and returns the messages that are older than `sinceMs`: those that wait, and those that a receiver most likely has. */
  expired(sinceMs: number): { readonly waiting: readonly Item[]; readonly sent: readonly Item[] } {
    const fresh = this.waiting.findIndex((item) => item.sinceMs >= sinceMs);
    const sent = [...this.unconfirmed.values()].filter((item) => item.sinceMs < sinceMs);
    for (const { number } of sent) this.unconfirmed.delete(number);
    return { waiting: this.waiting.splice(0, fresh === -1 ? this.waiting.length : fresh), sent };
  }
}
