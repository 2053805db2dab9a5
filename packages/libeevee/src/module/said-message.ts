import type { CalledMessage } from './contexts.ts';

/** A delivery as it came, its texts checked; of a broadcast, what a call alone has is empty. A trace may be missing. */
export interface Delivery extends Omit<CalledMessage, 'trace'> {
  readonly trace: string | undefined;
}

/** A time as ISO 8601 says it; routers have sent milliseconds since 1970 too. */
function timeOf(value: unknown): string {
  if (typeof value !== 'number') return textOf(value);
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * The payload of `command.execute` or `broadcast.message`, or `undefined` when it does not say what was
 * said or where an answer would go.
 */
export function delivery(payload: unknown): Delivery | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const said = payload as Readonly<Record<string, unknown>>;
  const { platform, instance, channel, text, trace } = said;
  if (typeof platform !== 'string' || typeof instance !== 'string' || typeof channel !== 'string' || typeof text !== 'string') {
    return undefined;
  }
  return {
    platform,
    network: textOf(said['network']),
    instance,
    channel,
    user: textOf(said['user']),
    userHost: textOf(said['userHost']),
    text,
    timestamp: timeOf(said['timestamp']),
    trace: typeof trace === 'string' && trace !== '' ? trace : undefined,
    originalText: textOf(said['originalText']),
    matchedCommand: textOf(said['matchedCommand']),
    matchedText: textOf(said['matchedText']),
  };
}
