/** Refusals of a server, in the events of `irc-framework`. */
import type { FrameworkEvent } from 'irc-framework';
import { text } from './framework-events.ts';

/** A channel or nick, and the server's reason. */
export interface Refusal {
  readonly target: string;
  readonly reason: string;
}

/**
 * Numerics for a refused JOIN that `irc-framework` does not name; servers use some of them for messages as well.
 *
 * @see https://defs.ircdocs.horse/defs/numerics
 */
const JOIN_NUMERICS: ReadonlySet<string> = new Set([
  ...['384', '403', '407', '437', '439', '448', '476', '477', '479', '480', '485', '489', '495', '500', '519', '520', '926'],
]);

/** Numerics for a message that was not delivered: to a user with mode +g or +R, to too many users in a short time, or without an account. */
const SAYING_NUMERICS: ReadonlySet<string> = new Set(['408', '486', '492', '494', '707', '716']);

/** Numerics with which servers refuse a nick that `irc-framework` has no name for: a collision, and a nick that was in use before a netsplit. */
const NICK_NUMERICS: ReadonlySet<string> = new Set(['436', '437']);

const JOIN_ERRORS: ReadonlySet<string> = new Set([
  'too_many_channels',
  'channel_is_full',
  'invite_only_channel',
  'banned_from_channel',
  'bad_channel_key',
]);

const SAYING_ERRORS: ReadonlySet<string> = new Set(['no_such_nick', 'cannot_send_to_channel', 'cannot_send_to_user']);

/** The server's words in an error. */
export const errorWords = ({ error, reason }: FrameworkEvent): string => reason ?? error ?? '';

/** The refusal of a JOIN, if the error is one. */
export function joinRefusal(event: FrameworkEvent): Refusal | undefined {
  return JOIN_ERRORS.has(event.error ?? '') ? { target: text(event.channel), reason: errorWords(event) } : undefined;
}

/** The refusal of a JOIN or of a message with a numeric that the package does not know, if the event is one. */
export function unnamedRefusal({ command = '', params = [] }: FrameworkEvent): Refusal | undefined {
  const [, target, reason] = [params[0], params[1], params.at(-1)];
  // Some servers greet with a numeric of these that names no target.
  if (target === undefined || reason === undefined || params.length < 3) return undefined;
  return JOIN_NUMERICS.has(command) || SAYING_NUMERICS.has(command) ? { target, reason } : undefined;
}

/** Whether an event, before the server has let the bot in, refuses its nick. */
export const isNickRefusal = ({ command = '' }: FrameworkEvent): boolean => NICK_NUMERICS.has(command);

/** The refusal of a message, if the error is one. */
export function sayingRefusal(event: FrameworkEvent): Refusal | undefined {
  return SAYING_ERRORS.has(event.error ?? '') ? { target: event.channel ?? text(event.nick), reason: errorWords(event) } : undefined;
}
