import { confirmationSubject, readConfirmationSubject, receiverSubject } from '@eeveebot/contract';
import type { Msg } from 'nats';
import type { NatsClient } from '../nats/client.ts';
import { ChurnMap } from './churn-map.ts';
import { RecentNumbers } from './recent-numbers.ts';

/** Maximum number of senders whose messages are remembered; beyond it, the oldest is forgotten. */
const MAX_SENDERS = 500;

/** A question of a sender that does not know whether its messages arrived. */
export interface DeliveryQuestion {
  readonly sender: string;
  readonly numbers: readonly number[];
}

/** The messages of a question that a receiver has: `taken` ones are being processed or done, `held` ones wait. */
export interface DeliveryAnswer {
  readonly taken: readonly number[];
  readonly held: readonly number[];
}

/** Published on the reply subject of a message: the identity of the receiver that processes it, or that holds it. */
export type Confirmation = string | { readonly held: string };

/** A received message. */
export interface Receipt {
  /** Whether its sender keeps the message until it is taken. */
  readonly isAwaited: boolean;
  /** Processing begins, or the message was passed on: its sender may forget it. */
  taken(): void;
  /** The message has to wait here: its sender keeps it and need not ask. */
  held(): void;
  /** The message will not be processed here: its sender may send it to another receiver. */
  released(): void;
}

/** A message whose sender does not wait for a confirmation. */
const UNCONFIRMED: Receipt = { isAwaited: false, taken: () => undefined, held: () => undefined, released: () => undefined };

/** The messages of one sender. */
class Sender {
  readonly taken = new RecentNumbers();
  readonly held = new ChurnMap<number, true>();

  has(number: number): boolean {
    return this.held.has(number) || this.taken.has(number);
  }
}

const isQuestion = (value: unknown): value is DeliveryQuestion =>
  typeof Reflect.get(Object(value), 'sender') === 'string' && Array.isArray(Reflect.get(Object(value), 'numbers'));

/** Any client may publish on the subject of a receiver. */
function questionIn(msg: Msg): DeliveryQuestion | undefined {
  try {
    const question: unknown = msg.json();
    return isQuestion(question) ? question : undefined;
  } catch {
    return undefined;
  }
}

/** The receiving side of a process: confirms messages, drops duplicates, and answers senders that ask. */
export class Inbox {
  /** Identity of this receiver. */
  readonly id: string;
  readonly #nats: NatsClient;
  /** Payloads of all confirmations. */
  readonly #confirmations: Readonly<Record<'taken' | 'held', string>>;
  readonly #senders = new Map<string, Sender>();
  readonly #subjects = new Set<string>();
  #answering: Promise<unknown> | undefined;

  constructor(nats: NatsClient) {
    this.#nats = nats;
    this.id = nats.instanceUUID;
    const confirmations: Readonly<Record<'taken' | 'held', Confirmation>> = { taken: this.id, held: { held: this.id } };
    this.#confirmations = { taken: JSON.stringify(confirmations.taken), held: JSON.stringify(confirmations.held) };
  }

  /** Starts to answer senders. Call it before the first message can arrive. */
  async start(): Promise<void> {
    // Answers during a drain as well: a sender without an answer treats this process as gone.
    this.#answering ??= this.#nats.subscribe(receiverSubject(this.id), (_subject, msg) => this.#answer(msg), { answers: true });
    await this.#answering;
  }

  /** Confirms messages on this subject, which registrations for it then state. */
  takes(subject: string): void {
    this.#subjects.add(subject);
  }

  /** The receiver to name in a registration for a subject; `undefined` when its messages are not confirmed. */
  receiverOn(subject: string): string | undefined {
    return this.#subjects.has(subject) ? this.id : undefined;
  }

  /** @returns `undefined` for a duplicate. */
  take(msg: Pick<Msg, 'reply'>): Receipt | undefined {
    const read = readConfirmationSubject(msg.reply);
    if (read === undefined) return UNCONFIRMED;
    const { number } = read;
    const sender = this.#sender(read.sender);
    const confirm = (what: 'taken' | 'held'): void => this.#publish(confirmationSubject(read.sender, number), this.#confirmations[what]);
    if (sender.taken.has(number)) confirm('taken');
    if (sender.has(number)) return undefined;
    sender.held.set(number, true);
    return {
      isAwaited: true,
      taken: () => {
        if (!sender.held.delete(number)) return;
        sender.taken.add(number);
        confirm('taken');
      },
      held: () => {
        if (sender.held.has(number)) confirm('held');
      },
      released: () => void sender.held.delete(number),
    };
  }

  /** Records a message that another process received and passed on, in case its sender asks. */
  note(reply: string | undefined): void {
    const read = readConfirmationSubject(reply);
    if (read !== undefined) this.#sender(read.sender).taken.add(read.number);
  }

  #sender(id: string): Sender {
    let sender = this.#senders.get(id);
    if (sender === undefined) {
      const [first] = this.#senders.keys();
      if (this.#senders.size >= MAX_SENDERS && first !== undefined) this.#senders.delete(first);
      sender = new Sender();
      this.#senders.set(id, sender);
    }
    return sender;
  }

  /** Published in the same write as everything that the handler publishes at once: a kill loses either both or nothing. */
  #publish(subject: string, confirmation: string): void {
    if (!this.#nats.isClosed()) this.#nats.nats?.publish(subject, confirmation);
  }

  #answer(msg: Msg): void {
    const question = questionIn(msg);
    if (question === undefined) return;
    const sender = this.#senders.get(question.sender);
    const answer: DeliveryAnswer = {
      taken: question.numbers.filter((number) => sender?.taken.has(number)),
      held: question.numbers.filter((number) => sender?.held.has(number)),
    };
    msg.respond(JSON.stringify(answer));
  }
}

const inboxes = new WeakMap<NatsClient, Inbox>();

/** The inbox of a client. */
export function inboxOf(nats: NatsClient): Inbox {
  const inbox = inboxes.get(nats) ?? new Inbox(nats);
  inboxes.set(nats, inbox);
  return inbox;
}
