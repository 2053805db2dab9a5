import type { CalledMessage } from './contexts.ts';

/** A delivery with its fields checked; for a broadcast, the fields that only a call has are empty. A trace may be missing. */
export interface Delivery extends Omit<CalledMessage, 'trace'> {
  readonly trace: string | undefined;
}

/** A time as ISO 8601; some routers sent milliseconds since 1970. Any other value becomes the time of receipt. */
function timeOf(value: unknown, receivedMs: number): string {
  if (typeof value === 'string' && value !== '') return value;
  const time = new Date(typeof value === 'number' ? value : Number.NaN);
  return (Number.isNaN(time.getTime()) ? new Date(receivedMs) : time).toISOString();
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const textIfAny = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * The payload of `command.execute` or `broadcast.message`, or `undefined` when it lacks the text or the place to answer to.
 *
 * @param receivedMs in milliseconds since 1970.
 */
export function delivery(payload: unknown, receivedMs: number = Date.now()): Delivery | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const said = payload as Readonly<Record<string, unknown>>;
  const { platform, instance, channel, text } = said;
  if (typeof platform !== 'string' || typeof instance !== 'string' || typeof channel !== 'string' || typeof text !== 'string') {
    return undefined;
  }
  const user = textOf(said['user']) || textOf(said['nick']);
  const nick = textOf(said['nick']) || user;
  return {
    platform,
    network: textOf(said['network']),
    instance,
    channel,
    nick,
    user,
    userHost: textOf(said['userHost']),
    text,
    account: textIfAny(said['account']),
    botNick: textOf(said['botNick']),
    private: said['private'] === true,
    isAction: said['action'] === true,
    timestamp: timeOf(said['timestamp'], receivedMs),
    trace: textIfAny(said['trace']),
    originalText: textOf(said['originalText']),
    matchedCommand: textOf(said['matchedCommand']),
    matchedText: textOf(said['matchedText']),
  };
}
