import { chatEventSubject, defined, incomingMessageSubject } from '@eeveebot/contract';
import type { ChatEvent, IncomingMessage } from '@eeveebot/libeevee';
import type { Happened, Said } from '../irc/session-events.ts';

/** Name of IRC in subjects and payloads. */
export const PLATFORM = 'irc';

/** The connection that a message or event came from. */
export interface Origin {
  /** Name of the connection. */
  readonly instance: string;
  /** Host name of the server, as configured. */
  readonly network: string;
  /** Identity of this process. */
  readonly moduleUUID: string;
  readonly producer: string;
}

/** Facts about a message in addition to those from the server. */
export interface Receipt {
  /** Nick that the server last confirmed. */
  readonly botNick: string;
  readonly commonPrefixRegex: string;
  /** Whether the message was sent only to the bot. */
  readonly isPrivate: boolean;
  readonly trace: string;
  readonly nowMs: number;
}

/** A payload and the subject that it is published on. */
export interface Publication<Payload extends object = object> {
  readonly subject: string;
  readonly payload: Payload;
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

/** An incoming message on the bus. In a private one, `channel` is the sender's nick, so that an answer reaches the sender. */
export function incomingMessage(
  said: Said,
  { instance, network, moduleUUID, producer }: Origin,
  receipt: Receipt,
): Publication<IncomingMessage> {
  const { nick, user, userHost, text, target, isAction, account, timeMs, tags } = said;
  const { botNick, commonPrefixRegex, isPrivate, trace, nowMs } = receipt;
  const channel = isPrivate ? nick : target;
  const subject = incomingMessageSubject({ platform: PLATFORM, instance, channel, nick });
  return {
    subject,
    payload: {
      producer,
      moduleUUID,
      subject,
      type: 'chat.message.incoming',
      trace,
      platform: PLATFORM,
      instance,
      network,
      channel,
      nick,
      user,
      userHost,
      text,
      timestamp: isoTime(nowMs),
      botNick,
      commonPrefixRegex,
      private: isPrivate,
      ...defined({ account }),
      ...(isAction ? { action: true } : {}),
      ...(timeMs === undefined ? {} : { time: isoTime(timeMs) }),
      rawEvent: { type: isAction ? 'action' : 'privmsg', nick, ident: user, hostname: userHost, target, message: text, tags },
    },
  };
}

/** An event on the bus. */
export function chatEvent(event: Happened, { instance, network }: Origin, nowMs: number): Publication<ChatEvent> {
  const { eventType, channel, nick, user, userHost, reason, kickedBy, newNick, topic } = event;
  const subject = chatEventSubject({ platform: PLATFORM, instance, eventType });
  const optional = { user, userHost, reason, kickedBy, newNick };
  return {
    subject,
    payload: {
      eventType,
      platform: PLATFORM,
      network,
      instance,
      channel,
      nick,
      ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined && value !== '')),
      ...defined({ topic }),
      timestamp: isoTime(nowMs),
    },
  };
}
