import type { ChatEvent } from '../chat/payloads.ts';

/** A received event, with its fields checked and missing ones filled in. */
export interface DeliveredEvent extends Required<
  Pick<ChatEvent, 'eventType' | 'platform' | 'network' | 'instance' | 'channel' | 'nick' | 'user' | 'timestamp'>
> {
  readonly userHost: string | undefined;
  readonly reason: string | undefined;
  readonly kickedBy: string | undefined;
  readonly newNick: string | undefined;
  readonly topic: string | undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * The event in a payload of `event.message`, or `undefined` when it lacks its type or place. A missing user becomes the nick, a missing
 * time the time of receipt.
 *
 * @param now the time of receipt.
 * @example
 * chatEvent({ eventType: 'quit', platform: 'irc', instance: 'main', channel: null, nick: 'fox' }, new Date());
 */
export function chatEvent(payload: unknown, now: Date): DeliveredEvent | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const event = payload as Readonly<Record<string, unknown>>;
  const [eventType, platform, instance] = [event['eventType'], event['platform'], event['instance']].map(textOf);
  if (eventType === undefined || platform === undefined || instance === undefined) return undefined;
  const nick = textOf(event['nick']) ?? textOf(event['user']) ?? '';
  return {
    eventType,
    platform,
    network: textOf(event['network']) ?? '',
    instance,
    channel: textOf(event['channel']) ?? null,
    user: textOf(event['user']) ?? nick,
    nick,
    userHost: textOf(event['userHost']),
    reason: textOf(event['reason']),
    kickedBy: textOf(event['kickedBy']),
    newNick: textOf(event['newNick']),
    topic: textOf(event['topic']),
    timestamp: textOf(event['timestamp']) ?? now.toISOString(),
  };
}
