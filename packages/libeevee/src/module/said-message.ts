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
  const { platform, network, instance, channel, text, trace, ...rest } = payload as Readonly<Record<string, unknown>>;
  if (typeof platform !== 'string' || typeof instance !== 'string' || typeof channel !== 'string' || typeof text !== 'string') {
    return undefined;
  }
  return {
    platform,
    network: textOf(network),
    instance,
    channel,
    user: textOf(rest['user']),
    userHost: textOf(rest['userHost']),
    text,
    timestamp: timeOf(rest['timestamp']),
    trace: typeof trace === 'string' && trace !== '' ? trace : undefined,
    originalText: textOf(rest['originalText']),
    matchedCommand: textOf(rest['matchedCommand']),
    matchedText: textOf(rest['matchedText']),
  };
}
