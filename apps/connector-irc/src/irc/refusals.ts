/** Refusals of a server, in the events of `irc-framework`. */
import type { FrameworkEvent } from 'irc-framework';
import { text } from './framework-events.ts';

/** A channel or nick, and the server's reason. */
export interface Refusal {
  readonly target: string;
  readonly reason: string;
}

/** Numerics for a refused JOIN that `irc-framework` does not name. */
const JOIN_NUMERICS: ReadonlySet<string> = new Set(['403', '437', '476', '477', '479', '480', '489', '520']);

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

/** The refusal of a JOIN with a numeric that the package does not know, if the event is one. */
export function unnamedJoinRefusal({ command = '', params = [] }: FrameworkEvent): Refusal | undefined {
  const [, channel = ''] = params;
  return JOIN_NUMERICS.has(command) ? { target: channel, reason: params.at(-1) ?? '' } : undefined;
}

/** Whether an event, before the server has let the bot in, refuses its nick. */
export const isNickRefusal = ({ command = '' }: FrameworkEvent): boolean => NICK_NUMERICS.has(command);

/** The refusal of a message, if the error is one. */
export function sayingRefusal(event: FrameworkEvent): Refusal | undefined {
  return SAYING_ERRORS.has(event.error ?? '') ? { target: event.channel ?? text(event.nick), reason: errorWords(event) } : undefined;
}
