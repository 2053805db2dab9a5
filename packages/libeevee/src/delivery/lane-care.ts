import type { NatsClient } from '../nats/client.ts';
import type { Item, Lane } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { Answers, Questions } from './questions.ts';

/** Number of waiting messages that are sent per round trip: one at a time would be slower than a busy channel on a slow network. */
const BATCH = 100;

interface LaneCareDeps {
  readonly nats: NatsClient;
  /** Identity of the sender. */
  readonly id: string;
  readonly now: () => number;
  readonly maxAgeMs: number;
  readonly ledger: Ledger;
  readonly questions: Questions;
  readonly publish: (item: Item) => void;
  readonly roundTrip: () => Promise<void>;
}

/** Determines the outcome of unconfirmed messages, and sends those that wait. */
export class LaneCare {
  readonly #deps: LaneCareDeps;

  constructor(deps: LaneCareDeps) {
    this.#deps = deps;
  }

  /** Runs once at a time for each lane. */
  async lookAfter(lane: Lane): Promise<void> {
    if (lane.isBusy) return;
    lane.isBusy = true;
    const { nats, ledger, maxAgeMs, now } = this.#deps;
    ledger.expire(lane, now() - maxAgeMs);
    for (let doubtful = lane.doubtful(now()); doubtful.length > 0 || lane.isUnsure; doubtful = lane.doubtful(now())) {
      if (nats.isClosed() || !(await this.#resolve(lane, doubtful))) break;
    }
    await this.#sendWaiting(lane);
    lane.isBusy = false;
  }

  /** Determines which messages arrived. @returns whether a receiver that may have had others is gone. */
  async #resolve(lane: Lane, doubtful: readonly Item[]): Promise<boolean> {
    const { ledger, now } = this.#deps;
    const asked = doubtful.map((item) => ({ item, sends: item.sends }));
    const { taken, held, gone, isComplete } = await this.#ask(lane, doubtful);
    for (const item of doubtful) {
      if (taken.has(item.number)) ledger.taken(item);
      else if (held.has(item.number)) ledger.held(item, now());
    }
    if (gone.length > 0) lane.isUnsure = true;
    if (!isComplete) return false;
    lane.isUnsure = gone.length > 0;
    // A message that was sent again in the meantime may have arrived after the question.
    const absent = asked
      .filter(({ item: { number, sends: sendsNow }, sends }) => !taken.has(number) && !held.has(number) && sendsNow === sends)
      .map(({ item }) => item);
    if (!lane.hasFormer(now())) {
      ledger.absent(lane, absent);
      return lane.isUnsure;
    }
    // A receiver that does not confirm may have them.
    const lost = absent.filter((item) => ledger.remove(item) !== undefined);
    ledger.drop(lost, 'broken');
    return lane.isUnsure;
  }

  /** Asks all receivers about messages. The answers are complete when all receivers have answered or are gone, and none is new. */
  async #ask(lane: Lane, doubtful: readonly Item[]): Promise<Answers> {
    const { nats, id: sender, questions, roundTrip } = this.#deps;
    const { announcements } = lane;
    const receivers = [...lane.receivers];
    const answers = await questions.askAll(receivers, { sender, numbers: doubtful.map(({ number }) => number) });
    for (const receiver of answers.gone) lane.receivers.delete(receiver);
    // After a round trip, as after an answer, all earlier announcements have been received.
    if (receivers.length === 0) await roundTrip();
    return { ...answers, isComplete: answers.isComplete && !nats.isClosed() && lane.announcements === announcements };
  }

  /** The first message shows whether there is a receiver for the others. */
  async #sendWaiting(lane: Lane): Promise<void> {
    const { nats, now, publish, roundTrip } = this.#deps;
    lane.isSending = true;
    for (let count = 1; !nats.isClosed(); count = BATCH) {
      const items = lane.next(count, now());
      if (items.length === 0) break;
      lane.isAway = false;
      for (const item of items) publish(item);
      await roundTrip();
      if (lane.isAway) break;
    }
    lane.isSending = false;
  }
}
