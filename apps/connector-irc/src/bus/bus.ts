import { SUBJECT, connectorControlSubject, outgoingSubjects } from '@eeveebot/contract';
import { type NatsClient, errorCounter, log, recordMessage } from '@eeveebot/libeevee';
import { type Inbox, Outbox, ReportSums, inboxOf } from '@eeveebot/libeevee/delivery';
import type { Clock } from '../clock.ts';
import type { Outgoing, OutgoingKind } from '../irc/outgoing.ts';
import type { Message } from '../irc/send-queue.ts';
import type { SayResult } from '../irc/speaker.ts';
import { type Controlled, answerJson, controlAnswer, readControl } from './control.ts';
import { parsedObject, readOutgoing } from './outgoing-payload.ts';
import { PLATFORM, type Publication } from './payloads.ts';

type Subscribed = ReturnType<NatsClient['subscribe']>;
type Handler = Parameters<NatsClient['subscribe']>[1];

/** Maximum age of a text to send: users would not understand an answer that comes later than this. */
const MAX_AGE_MS = 60_000;

/** Messages and events are delivered independently of each other. */
const LANES = { messages: 'messages', events: 'events' } as const;

/** Kind of an outgoing message, and the reason why it was dropped. */
type DroppedKind = `${OutgoingKind} ${string}`;

/** A message or event of a user. */
type FromUser = Publication<{ readonly channel: string | null; readonly nick?: string }>;

/** Operations of a connection that the bus calls. */
export interface Listener extends Controlled {
  /** @param message is taken when its first line is sent, or it is dropped. */
  say(outgoing: Outgoing, message: Message): SayResult;
}

/** For {@link Bus}. */
export interface BusDeps {
  readonly nats: NatsClient;
  readonly clock: Clock;
  /** The `module` label of metrics, and the producer of log lines. */
  readonly name: string;
}

/** The connector's side of NATS: receives outgoing messages and control requests, and publishes messages and events from IRC. */
export class Bus {
  readonly #deps: BusDeps;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #drops: ReportSums<DroppedKind>;
  readonly #subscriptions = new Map<string, readonly Subscribed[]>();

  constructor(deps: BusDeps) {
    const { nats, clock, name } = deps;
    this.#deps = deps;
    this.#inbox = inboxOf(nats);
    this.#drops = new ReportSums((messages, dropped) => {
      const [kind, reason] = dropped.split(' ');
      log.warn('outgoing messages were dropped', { producer: name, kind, reason, messages });
    }, clock);
    this.#outbox = new Outbox({
      nats,
      clock,
      maxAgeMs: MAX_AGE_MS,
      onLost: (messages, reason) => {
        errorCounter.inc({ module: name, type: 'incoming_dropped', operation: reason }, messages);
        log.warn('messages from IRC were dropped because no router accepted them in time', { producer: name, messages, reason });
      },
    });
  }

  async start(): Promise<void> {
    const { nats } = this.#deps;
    await Promise.all([this.#inbox.start(), this.#outbox.start()]);
    await nats.subscribe(SUBJECT.routerPeers, (_subject, msg) => this.#heardRouter(parsedObject(msg.string())));
  }

  /** Subscribes to the subjects of a connection. */
  async listen(instance: string, listener: Listener): Promise<void> {
    if (this.#subscriptions.has(instance)) return;
    const { nats } = this.#deps;
    const connector = { platform: PLATFORM, instance };
    const say =
      (kind: OutgoingKind): Handler =>
      (_subject, msg) => {
        const receipt = this.#inbox.take(msg);
        if (receipt === undefined) return;
        this.#say(kind, msg.string(), { listener, message: receipt });
        // Unless one of its lines has been sent by now.
        receipt.held();
      };
    const subscribed = [
      ...outgoingSubjects(connector).map(({ kind, subject }) => nats.subscribe(subject, say(kind))),
      nats.subscribe(connectorControlSubject(connector), (_subject, msg) => this.#control(msg.string(), msg.reply, listener)),
    ];
    this.#subscriptions.set(instance, subscribed);
    await Promise.all(subscribed);
  }

  /** Unsubscribes a connection; delivered messages are still handled. */
  async ignore(instance: string): Promise<void> {
    const subscribed = this.#subscriptions.get(instance) ?? [];
    this.#subscriptions.delete(instance);
    for (const each of subscribed) {
      const subscription = await each;
      if (subscription === false || subscription.isClosed()) continue;
      // Draining needs a connection to the server.
      if (this.#deps.nats.isClosed()) await this.#deps.nats.unsubscribe(subscription);
      else await subscription.drain();
    }
  }

  /** Logs what has not been logged yet. */
  stop(): void {
    this.#drops.flush();
  }

  /** Publishes a message of a user, at the latest when a router is available. */
  publishMessage(publication: FromUser): void {
    recordMessage(this.#deps.name, PLATFORM, 'incoming', 'success');
    this.#send(LANES.messages, publication);
  }

  /** Publishes an event, like a message. */
  publishEvent(publication: FromUser): void {
    this.#send(LANES.events, publication);
  }

  /** In order within a channel. Events of all channels, such as a quit, are in order for each user. */
  #send(lane: string, { subject, payload }: FromUser): void {
    this.#outbox.send({ lane, order: payload.channel ?? payload.nick ?? '', subject, payload: JSON.stringify(payload) });
  }

  /** Routers announce themselves every second. */
  #heardRouter(greeting: Readonly<Record<string, unknown>> | undefined): void {
    const { id, state, confirms } = greeting ?? {};
    if (typeof id !== 'string' || state !== 'present') return;
    for (const lane of Object.values(LANES)) this.#outbox.announced(lane, confirms === true ? id : undefined);
  }

  #say(kind: OutgoingKind, json: string, { listener, message }: { readonly listener: Listener; readonly message: Message }): void {
    const { name } = this.#deps;
    const read = readOutgoing(kind, json);
    if ('problem' in read) message.taken();
    const result = 'problem' in read ? read.problem : listener.say(read.outgoing, message);
    const done = result === 'taken';
    recordMessage(name, PLATFORM, 'outgoing', done ? 'success' : result);
    if (done || result === 'no-text') return;
    errorCounter.inc({ module: name, type: 'outgoing_dropped', operation: result });
    this.#drops.add(1, `${kind} ${result}`);
  }

  async #control(json: string, reply: string | undefined, listener: Listener): Promise<void> {
    const { nats, name } = this.#deps;
    const request = readControl(json);
    if (request === undefined) {
      log.warn('a control request is not JSON with an action', { producer: name });
      return;
    }
    const answer = answerJson(await controlAnswer(request, listener), nats.maxPayloadBytes);
    const replies = [request.replyChannel, reply].filter((subject) => subject !== undefined && subject !== '');
    for (const subject of new Set(replies)) if (subject !== undefined) await nats.publish(subject, answer);
  }
}
