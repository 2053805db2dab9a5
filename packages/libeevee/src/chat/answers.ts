import { randomUUID } from 'node:crypto';
import { outgoingActionSubject, outgoingMessageSubject } from '@eeveebot/contract';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient } from '../nats/client.ts';
import { ignorableResult } from '../promises.ts';
import { publishLines } from './publish-lines.ts';

/** A text to send to a channel. */
export interface ChatMessage {
  channel: string;
  network: string;
  /** The connector's instance. */
  instance: string;
  platform: string;
  text: string;
  /** Correlates the message across modules. Default: a new UUID. */
  trace?: string;
}

/** Sent as a message or as an action (`/me …`). */
export type ChatMessageType = 'message.outgoing' | 'action.outgoing';

/** Text of a message and its type. */
export interface OutgoingMessage {
  message: ChatMessage;
  metrics: NatsMetrics | undefined;
  type: ChatMessageType;
}

/**
 * Has a connector send `message.text` to a channel, one message per line of text. The promise does not have to be awaited: failures are
 * logged and counted either way.
 *
 * @throws EeveeError `EEVEE_CHAT_NOT_SENT` when the message could not be sent: NATS is not connected, the message is too large, the text
 * is not a string, or a field of the address contains a line break.
 * @example
 * await sendChatMessage(nats, { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', text: 'hello' });
 */
export function sendChatMessage(
  nats: NatsClient,
  message: ChatMessage,
  metrics?: NatsMetrics,
  type: ChatMessageType = 'message.outgoing',
): Promise<void> {
  return ignorableResult(() => publishChat(nats, { message, metrics, type }));
}

/** Fields of the address that may be missing. */
const OPTIONAL_FIELDS = ['network', 'trace'] as const;

/** Publishes the text. @returns and throws as {@link publishLines}; callers must handle the rejection. */
export function publishChat(nats: NatsClient, { message, metrics, type }: OutgoingMessage): Promise<void> | undefined {
  const { platform, network, instance, channel, trace = randomUUID() } = message;
  return publishLines(nats, {
    address: { platform, instance, channel, network, trace },
    optional: OPTIONAL_FIELDS,
    text: message.text,
    subject: () => (type === 'action.outgoing' ? outgoingActionSubject(message) : outgoingMessageSubject(message)),
    payload: (text) => ({ channel, network, instance, platform, text, trace, type }),
    type,
    metrics,
  });
}

/**
 * Has a connector send `message.text` to a channel as an action, as `/me …` does.
 *
 * @throws as {@link sendChatMessage}.
 * @example
 * await sendAction(nats, { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', text: 'waves' });
 */
export function sendAction(nats: NatsClient, message: ChatMessage, metrics?: NatsMetrics): Promise<void> {
  return sendChatMessage(nats, message, metrics, 'action.outgoing');
}
