import type { NatsClient } from '../nats/client.ts';

/** Why messages were lost. `broken`: the connection broke, and their receivers do not confirm. */
export type LossReason = 'too_many' | 'too_old' | 'broken' | 'stopped';

/** A message and its destination. */
export interface Outgoing {
  /** Messages of one lane wait for the same receivers. */
  readonly lane: string;
  /** Messages of the lane with the same value, such as a channel, arrive in order. The others do not wait for them. */
  readonly order: string;
  readonly subject: string;
  readonly payload: string | Uint8Array;
  /** How long another process has kept it, in milliseconds. */
  readonly ageMs?: number;
}

/** A message that no receiver has seen, for another process to send. */
export interface Kept extends Outgoing {
  readonly payload: Uint8Array;
  readonly ageMs: number;
}

/** A clock for an outbox. */
export interface OutboxClock {
  /** Milliseconds, of which only differences count. */
  now(): number;
  /** @returns a function that cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** For an outbox. */
export interface OutboxOptions {
  readonly nats: NatsClient;
  /** Maximum age of a message: users would not understand an answer that arrives later. */
  readonly maxAgeMs: number;
  /** Called for messages that will not be sent, or may be lost: at most once a second for each reason, with their number. */
  readonly onLost: (messages: number, reason: LossReason) => void;
  readonly clock?: OutboxClock;
}

/** Captured before a test fakes it. */
const steadyNow = performance.now.bind(performance);
const { timeOrigin } = performance;

/** A clock that is never set, so that no message becomes too old by that. It does not keep the process alive. */
export const systemClock: OutboxClock = {
  now: () => timeOrigin + steadyNow(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
