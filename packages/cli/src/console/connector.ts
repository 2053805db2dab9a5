import { randomUUID } from 'node:crypto';
import { chatEventSubject, connectorControlSubject, defined, incomingMessageSubject, outgoingSubjects } from '@eeveebot/contract';
import type { ChatEvent, IncomingMessage, NatsClient } from '@eeveebot/libeevee';
import { CliError, EXIT } from '../cli-error.ts';
import { controlAnswer } from './control-answer.ts';
import type { PlayedEvent } from './input.ts';
import { type Person, hostOf, identOf } from './person.ts';
import type { Heard } from './shown-line.ts';

/** The connection that the console simulates. */
export interface ConsolePlace {
  readonly platform: string;
  /** Name of the connection: answers reach this console only. */
  readonly instance: string;
  readonly network: string;
}

interface ConsoleDeps {
  readonly nats: NatsClient;
  readonly place: ConsolePlace;
  readonly botNick: string;
  /** Command prefix, such as `!`. */
  readonly prefix: string;
  readonly person: () => Person;
  /** Milliseconds since 1970, on the clock of the bot. */
  readonly now: () => number;
  readonly heard: (heard: Heard) => void;
  /** Shows a line that is not from the bot. */
  readonly show: (line: string) => void;
}

const PRODUCER = 'eevee-cli';

const escapedRegex = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

function fieldsOf(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A connector whose chat network is the user's terminal. */
export class ConsoleConnector {
  readonly #deps: ConsoleDeps;

  constructor(deps: ConsoleDeps) {
    this.#deps = deps;
  }

  /** Subscribes to the answers of the bot. @throws CliError when NATS does not permit it. */
  async start(): Promise<void> {
    const { nats, place } = this.#deps;
    const subscriptions = [
      ...outgoingSubjects(place).map(({ kind, subject }) => nats.subscribe(subject, (_subject, msg) => this.#hear(kind, msg.string()))),
      nats.subscribe(connectorControlSubject(place), (_subject, msg) => this.#control(msg.string(), msg.reply)),
    ];
    const made = await Promise.all(subscriptions);
    if (made.includes(false)) throw new CliError('NATS does not allow this console to subscribe to the answers of the bot', EXIT.denied);
  }

  /** Says a text as the current person. @throws CliError when NATS does not take it. */
  async say(text: string, how: { readonly action?: boolean; readonly private?: boolean } = {}): Promise<void> {
    const { nats, place, botNick, prefix, now } = this.#deps;
    const person = this.#deps.person();
    const channel = how.private === true ? person.nick : person.channel;
    const subject = incomingMessageSubject({ ...place, channel, nick: person.nick });
    const message: IncomingMessage = {
      producer: PRODUCER,
      moduleUUID: nats.instanceUUID,
      subject,
      type: 'chat.message.incoming',
      trace: randomUUID(),
      ...place,
      channel,
      nick: person.nick,
      user: identOf(person),
      userHost: hostOf(person),
      text,
      timestamp: new Date(now()).toISOString(),
      botNick,
      commonPrefixRegex: `^${escapedRegex(prefix)}`,
      private: how.private === true,
      ...defined({ account: person.account }),
      ...(how.action === true ? { action: true } : {}),
      rawEvent: {},
    };
    await this.#publish(subject, message);
  }

  /** Simulates an event in the current channel. @throws CliError when NATS does not accept it. */
  async play({ eventType, nick, ...more }: PlayedEvent): Promise<void> {
    const { place, now } = this.#deps;
    const current = this.#deps.person();
    const person = nick === undefined ? current : { ...current, nick };
    const event: ChatEvent = {
      eventType,
      ...place,
      channel: eventType === 'quit' || eventType === 'nick' ? null : current.channel,
      nick: person.nick,
      user: identOf(person),
      userHost: hostOf(person),
      ...(eventType === 'kick' ? { kickedBy: current.nick } : {}),
      ...more,
      timestamp: new Date(now()).toISOString(),
    };
    await this.#publish(chatEventSubject({ ...place, eventType }), event);
  }

  async #publish(subject: string, payload: object): Promise<void> {
    const sent = await this.#deps.nats.publish(subject, JSON.stringify(payload));
    if (!sent) throw new CliError('NATS did not accept the message: it is not connected, or the message is too long', EXIT.unavailable);
  }

  #hear(kind: Heard['kind'], json: string): void {
    const { channel, target, text } = fieldsOf(json);
    if (typeof text !== 'string') return;
    for (const line of text.split(/\r?\n/)) {
      this.#deps.heard({
        kind,
        text: line,
        ...(typeof channel === 'string' ? { channel } : {}),
        ...(typeof target === 'string' ? { target } : {}),
      });
    }
  }

  #control(json: string, reply: string | undefined): void {
    const { nats, person, botNick, show } = this.#deps;
    const { answer, replyTo, shown } = controlAnswer(fieldsOf(json), { person: person(), botNick });
    if (shown !== undefined) show(shown);
    for (const subject of [replyTo, reply]) if (subject !== undefined && subject !== '') void nats.publish(subject, JSON.stringify(answer));
  }
}
