import { type Outgoing, type OutgoingKind, isTarget } from '../irc/outgoing.ts';

/** A text to send that came over the bus, or the reason why it cannot be sent. */
export type ReadOutgoing = { readonly outgoing: Outgoing } | { readonly problem: 'not_json' | 'no_channel' | 'no_text' };

/**
 * Parses a text to send. Its channel, or for a notice the nick in `target`, comes from the payload: tokens of the subject are lossy.
 *
 * @example
 * readOutgoing('message', '{"channel":"#eevee","text":"hello"}');
 */
export function readOutgoing(kind: OutgoingKind, json: string): ReadOutgoing {
  const payload = parsedObject(json);
  if (payload === undefined) return { problem: 'not_json' };
  const { channel, target, text } = payload;
  const to = kind === 'notice' && isTarget(target) ? target : channel;
  if (!isTarget(to)) return { problem: 'no_channel' };
  return typeof text === 'string' ? { outgoing: { kind, target: to, text } } : { problem: 'no_text' };
}

/** A JSON object; undefined for anything else. */
export function parsedObject(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
