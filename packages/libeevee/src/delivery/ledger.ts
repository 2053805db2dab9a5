import { ChurnMap } from './churn-map.ts';
import { type Item, Lane } from './lane.ts';
import type { LossReason, Outgoing } from './outbox-options.ts';

/** Maximum number of kept messages of one lane. */
const MAX_WAITING = 1_000;

/** Maximum memory of all kept messages, in bytes of their payloads. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The messages of an outbox, within its limits, and the state of each. Sends nothing. */
export class Ledger {
  /** Messages that a receiver will confirm, by number. */
  readonly sent = new ChurnMap<number, Item>();
  /** Messages that were sent to receivers that do not confirm, by number: the server confirms that it delivered them. */
  readonly passing = new ChurnMap<number, Item>();
  readonly #lanes = new Map<string, Lane>();
  readonly #onLost: (messages: number, reason: LossReason) => void;
  #number = 0;
  #bytes = 0;

  constructor(onLost: (messages: number, reason: LossReason) => void) {
    this.#onLost = onLost;
  }

  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  /** Messages that wait for a receiver, or for NATS. */
  get waiting(): number {
    return this.lanes.reduce((sum, lane) => sum + lane.waiting.length, 0);
  }

  /** Whether a receiver has each message. */
  get isDone(): boolean {
    return this.passing.size === 0 && this.lanes.every((lane) => lane.isDone);
  }

  lane(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(key);
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** Records that nothing more is sent on a lane. */
  withdrawn(key: string): void {
    if (this.#lanes.get(key)?.isIdle === true) this.#lanes.delete(key);
  }

  add({ lane: key, subject, payload: given, order, ageMs = 0 }: Outgoing, nowMs: number): Item {
    const lane = this.lane(key);
    // Outside V8's heap, which is collected several times before a message is confirmed.
    const payload = typeof given === 'string' ? Buffer.from(given) : given;
    this.#bytes += payload.length;
    return {
      lane,
      number: ++this.#number,
      subject,
      payload,
      order,
      sinceMs: nowMs - ageMs,
      outcome: undefined,
      settle: undefined,
      sentMs: 0,
      sends: 0,
      turn: 0,
      isDoubtful: false,
    };
  }

  keep(item: Item): void {
    const { lane } = item;
    lane.keep(item);
    this.settle(item, true);
    if (lane.waiting.length > MAX_WAITING) this.drop(lane.waiting.splice(0, 1), 'too_many');
  }

  /** Records that a receiver will confirm the message. */
  await(item: Item): void {
    this.sent.set(item.number, item);
    item.lane.sent(item);
  }

  /** Records that a receiver has the message and will confirm it later. */
  held(item: Item, nowMs: number): void {
    if (this.remove(item) === undefined) return;
    this.settle(item, true);
    this.sent.set(item.number, item);
    item.lane.held(item, nowMs);
  }

  /** Records that a receiver processes the message. */
  taken(item: Item): void {
    if (this.remove(item) !== undefined) this.forget(item, true);
  }

  /** Records that no receiver has these messages, so that they can be sent again. */
  absent(lane: Lane, items: readonly Item[]): void {
    for (const { number } of items) this.sent.delete(number);
    lane.absent(items);
  }

  remove({ lane, number }: Item): Item | undefined {
    const passing = this.passing.get(number);
    this.passing.delete(number);
    this.sent.delete(number);
    return lane.remove(number) ?? passing;
  }

  forget(item: Item, sent: boolean): void {
    this.#bytes -= item.payload.length;
    this.settle(item, sent);
  }

  settle(item: Item, sent: boolean): void {
    if (item.outcome !== undefined) return;
    item.outcome = sent;
    item.settle?.(sent);
  }

  drop(items: readonly Item[], reason: LossReason): void {
    for (const item of items) this.forget(item, false);
    if (items.length > 0) this.#onLost(items.length, reason);
  }

  /** Drops messages that are too old. Unconfirmed ones have most likely arrived. */
  expire(lane: Lane, sinceMs: number): void {
    const { waiting, sent } = lane.expired(sinceMs);
    this.drop(waiting, 'too_old');
    for (const item of sent) {
      this.sent.delete(item.number);
      this.forget(item, true);
    }
  }

  /** Unconfirmed messages have most likely arrived, so they are dropped first. */
  makeRoom(lane: Lane): void {
    if (this.#bytes <= MAX_BYTES) return;
    for (const item of this.sent.values()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.taken(item);
    }
    while (this.#bytes > MAX_BYTES && lane.waiting.length > 0) this.drop(lane.waiting.splice(0, 1), 'too_many');
  }

  /** The connection broke: messages to receivers that do not confirm may be lost; receivers are asked about the others. */
  broken(): void {
    const lost = [...this.passing.values()];
    this.passing.clear();
    for (const item of this.sent.values()) this.settle(item, true);
    this.sent.clear();
    for (const lane of this.lanes) lane.broken();
    this.drop(lost, 'broken');
  }
}
