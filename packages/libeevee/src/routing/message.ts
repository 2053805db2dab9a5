import { randomUUID } from 'node:crypto';
import type { ChatEvent, DeliveredMessage, IncomingMessage } from '../chat/payloads.ts';

/** A message with all optional fields filled in, as the router delivers it to modules. */
export type Message = DeliveredMessage;

/** A message and the command prefix that applies to it. */
export interface ReadMessage {
  readonly message: Message;
  /** Empty in messages without a prefix. */
  readonly commonPrefixRegex: string;
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

const NEEDED = ['platform', 'instance', 'channel', 'text'] as const;

/**
 * Parses a payload of `chat.message.incoming.>`.
 *
 * @param nowMs the time of receipt, in milliseconds since 1970.
 * @returns the missing field when the message cannot be routed.
 */
export function readMessage(payload: unknown, nowMs: number): ReadMessage | { readonly problem: string } {
  if (typeof payload !== 'object' || payload === null) return { problem: 'not a mapping' };
  const sent = payload as Partial<Record<keyof IncomingMessage, unknown>>;
  if (!NEEDED.every((field) => typeof sent[field] === 'string')) {
    return { problem: `without ${NEEDED.filter((field) => typeof sent[field] !== 'string').join(', ')}` };
  }
  const user = textIn(sent.user) || textIn(sent.nick);
  const account = textIn(sent.account);
  const message: Message = {
    platform: textIn(sent.platform),
    network: textIn(sent.network),
    instance: textIn(sent.instance),
    channel: textIn(sent.channel),
    user,
    nick: textIn(sent.nick) || user,
    userHost: textIn(sent.userHost),
    text: textIn(sent.text),
    timestamp: textIn(sent.timestamp) || textIn(sent.time) || new Date(nowMs).toISOString(),
    trace: textIn(sent.trace) || randomUUID(),
    botNick: textIn(sent.botNick),
    private: sent.private === true,
    action: sent.action === true,
    // Omitted from the payload when unknown.
    account: account === '' ? undefined : account,
  };
  return { message, commonPrefixRegex: textIn(sent.commonPrefixRegex) };
}

/** The fields of an event that registrations match. */
export interface EventFields {
  readonly eventType: string;
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  /** Empty for events without a channel. */
  readonly channel: string;
  readonly nick: string;
  readonly user: string;
}

/** Parses the fields of an event that registrations match; `undefined` when it has no type. */
export function readEvent(payload: unknown): EventFields | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { eventType, platform, network, instance, channel, nick, user } = payload as Partial<Record<keyof ChatEvent, unknown>>;
  if (typeof eventType !== 'string' || eventType === '') return undefined;
  return {
    eventType,
    platform: textIn(platform),
    network: textIn(network),
    instance: textIn(instance),
    channel: textIn(channel),
    nick: textIn(nick),
    user: textIn(user) || textIn(nick),
  };
}
