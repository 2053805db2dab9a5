import { randomUUID } from 'node:crypto';
import { outgoingActionSubject, outgoingMessageSubject } from '@eeveebot/contract';
import { ERROR_CODES, EeveeError } from '../errors.ts';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient } from '../nats/client.ts';

/** Something to say in a channel. */
export interface ChatMessage {
  channel: string;
  network: string;
  /** The connector's instance. */
  instance: string;
  platform: string;
  text: string;
  /** Follows a message through the modules. A new UUID unless given. */
  trace?: string;
}

/** Said as a message, or as an action (`/me …`). */
export type ChatMessageType = 'message.outgoing' | 'action.outgoing';

/** What is said, and how. */
export interface Saying {
  message: ChatMessage;
  metrics: NatsMetrics | undefined;
  type: ChatMessageType;
}

/**
 * Has a connector say `message.text` in a channel. It need not be awaited: what could not be sent is logged and counted either way.
 *
 * @throws EeveeError `EEVEE_CHAT_NOT_SENT` when it could not be sent: NATS is not connected, or the message is too large.
 * @example
 * await sendChatMessage(nats, { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', text: 'hello' });
 */
export function sendChatMessage(
  nats: NatsClient,
  message: ChatMessage,
  metrics?: NatsMetrics,
  type: ChatMessageType = 'message.outgoing',
): Promise<void> {
  const sent = publishChat(nats, { message, metrics, type });
  // Modules of 4.x do not wait for it: that NATS is away must not end them. It has been logged and counted.
  sent.catch(() => undefined);
  return sent;
}

/** Has it said. @throws as {@link sendChatMessage}; unlike there, who calls it must look at how it went. */
export async function publishChat(nats: NatsClient, { message, metrics, type }: Saying): Promise<void> {
  const { channel, network, instance, platform, text, trace = randomUUID() } = message;
  const subject = type === 'action.outgoing' ? outgoingActionSubject(message) : outgoingMessageSubject(message);
  const sent = await nats.publish(subject, JSON.stringify({ channel, network, instance, platform, text, trace, type }));
  // Only `false` says that it was not sent: test doubles of the client answer nothing.
  if (sent === false) {
    const reason = nats.isClosed() ? 'NATS is not connected' : 'NATS does not take it';
    throw new EeveeError(ERROR_CODES.chatNotSent, `message to ${platform}/${instance} ${channel} was not sent: ${reason}`);
  }
  metrics?.recordNatsPublish?.(type);
}

/**
 * Has a connector do `message.text` in a channel, as `/me …` does.
 *
 * @throws as {@link sendChatMessage}.
 * @example
 * await sendAction(nats, { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', text: 'waves' });
 */
export function sendAction(nats: NatsClient, message: ChatMessage, metrics?: NatsMetrics): Promise<void> {
  return sendChatMessage(nats, message, metrics, 'action.outgoing');
}
