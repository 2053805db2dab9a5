import { log } from '../log/log.ts';
import type { NatsClient } from '../nats/client.ts';
import type { Item } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { OutboxClock } from './outbox-options.ts';

/**
 * How long the server's confirmation may wait for more messages. No sender depends on it: a message without subscribers is reported in any
 * case, and a round trip for each message would cost as much as the message.
 */
const FORGET_MS = 100;

/** Number of messages from which a round trip begins at once. With more of them, V8 would move them to the old generation. */
const FLUSH_FROM = 50;

/**
 * Maximum number of unconfirmed messages up to which a sender continues immediately, since waiting for a round trip would delay its
 * channel. Beyond it the sender waits, so that it does not fill the memory when it is faster than the server.
 */
export const MAX_ON_THE_WAY = 250;

const PRODUCER = 'delivery';

/** Captured before a test fakes it: messages must still be sent. */
const nextTurn = setImmediate;

interface PassingMessagesDeps {
  readonly nats: NatsClient;
  readonly clock: OutboxClock;
  readonly ledger: Ledger;
  /** Called after each round trip that confirmed messages. */
  readonly onDelivered: () => void;
}

/** Messages to receivers that do not confirm. Round trips show that the server delivered them, which is when they are forgotten. */
export class PassingMessages {
  readonly #deps: PassingMessagesDeps;
  #turn = 0;
  #isFlushing = false;
  #cancelFlush: (() => void) | undefined;

  constructor(deps: PassingMessagesDeps) {
    this.#deps = deps;
  }

  /** Records that a message was sent. */
  add(item: Item): void {
    item.turn = this.#turn;
    this.#deps.ledger.passing.set(item.number, item);
    this.#scheduleFlush();
  }

  /** Starts a round trip now, unless one is under way. */
  flush(): void {
    if (!this.#isFlushing) void this.#flush();
  }

  close(): void {
    this.#cancelFlush?.();
  }

  /** Waits until the server has processed everything sent before. */
  async roundTrip(): Promise<void> {
    try {
      await this.#deps.nats.nats?.flush();
    } catch (error) {
      log.debug('a message may not have reached NATS', { producer: PRODUCER, error });
    }
  }

  /** Soon if senders wait, together with all messages of this turn of the event loop. */
  #scheduleFlush(): void {
    if (this.#isFlushing) return;
    const { clock, ledger } = this.#deps;
    if (ledger.passing.size < FLUSH_FROM) {
      this.#cancelFlush ??= clock.after(FORGET_MS, () => void this.#flush());
      return;
    }
    this.#isFlushing = true;
    nextTurn(() => void this.#flush());
  }

  /** The server reports messages without subscribers before it answers this: the others were delivered. One round trip at a time. */
  async #flush(): Promise<void> {
    const { nats, ledger, onDelivered } = this.#deps;
    this.#isFlushing = true;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const turn = this.#turn++;
    if (!nats.isClosed()) await this.roundTrip();
    this.#isFlushing = false;
    // When the connection breaks, all unconfirmed messages are given up.
    if (nats.isClosed()) return;
    for (const item of ledger.passing.values()) {
      if (item.turn > turn) break;
      ledger.passing.delete(item.number);
      ledger.forget(item, true);
    }
    this.#letGoOn();
    if (ledger.passing.size > 0) this.#scheduleFlush();
    onDelivered();
  }

  /** Waiting senders continue once few messages are unconfirmed. */
  #letGoOn(): void {
    const { ledger } = this.#deps;
    if (ledger.passing.size <= MAX_ON_THE_WAY) for (const item of ledger.passing.values()) ledger.settle(item, true);
  }
}
