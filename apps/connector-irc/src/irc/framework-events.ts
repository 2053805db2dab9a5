/** Events of `irc-framework` in the terms of a session. */
import type { FrameworkEvent } from 'irc-framework';
import { withoutControls } from './line-splitting.ts';
import type { Happened, Member, Said, Source } from './session-events.ts';

/** A field of an event; empty if the server left it out. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A text of a user, for modules: without the control characters that answers lose too. */
const written = (value: unknown): string => withoutControls(text(value));

/** A reason of a user, if there is one. */
const reasonIn = ({ message }: FrameworkEvent): string | undefined => (message === undefined ? undefined : written(message));

function sourceOf({ nick, ident, hostname }: { readonly nick?: string; readonly ident?: string; readonly hostname?: string }): Source {
  return { nick: text(nick), user: text(ident), userHost: text(hostname) };
}

/** An event in a channel. */
const inChannel = (event: FrameworkEvent) => ({ channel: text(event.channel), ...sourceOf(event) });

/** An event of a user in all channels. */
const everywhere = (event: FrameworkEvent) => ({ channel: null, ...sourceOf(event) });

/** By the name of the client's event; undefined for one that is not an event of a user. */
export const HAPPENINGS: { readonly [Name in Happened['eventType']]: (event: FrameworkEvent) => Happened | undefined } = {
  join: (event) => ({ eventType: 'join', ...inChannel(event) }),
  part: (event) => ({ eventType: 'part', ...inChannel(event), reason: event.message === event.channel ? '' : reasonIn(event) }),
  quit: (event) => ({ eventType: 'quit', ...everywhere(event), reason: reasonIn(event) }),
  nick: (event) => ({ eventType: 'nick', ...everywhere(event), newNick: text(event.new_nick) }),
  invite: (event) => ({ eventType: 'invite', ...inChannel(event) }),
  // The event concerns the victim. The server reports only the host of the user who kicked.
  kick: (event) => ({
    ...{ eventType: 'kick', channel: text(event.channel), nick: text(event.kicked), user: '', userHost: '' },
    ...{ kickedBy: text(event.nick), reason: reasonIn(event) },
  }),
  // Without a nick it is the answer to a JOIN.
  topic: (event) => (text(event.nick) === '' ? undefined : { eventType: 'topic', ...inChannel(event), topic: written(event.topic) }),
};

/** Whether an event names its user and its channel: lines of a faulty server may lack them. */
export const isWhole = ({ nick, channel }: Happened): boolean => nick !== '' && channel !== '';

/** Types of batches with messages of the past, which a bouncer sends to a client that was away. */
const PLAYBACK: ReadonlySet<string> = new Set(['chathistory', 'znc.in/playback']);

/**
 * Whether an event is not of now: a bot would answer again what it has answered, or what has become irrelevant.
 *
 * @see https://ircv3.net/specs/batches/chathistory
 */
export const isPlayback = ({ batch }: FrameworkEvent): boolean => PLAYBACK.has(batch?.type?.toLowerCase() ?? '');

const DELIMITER = '\u0001';

/**
 * The CTCP request in a message whose closing delimiter is missing, as in an action that the server cut at the end of the line; undefined for
 * other messages.
 *
 * @see https://modern.ircdocs.horse/ctcp
 */
export function unclosedCtcp(event: FrameworkEvent): FrameworkEvent | undefined {
  const message = text(event.message);
  if (!message.startsWith(DELIMITER)) return undefined;
  const [type = ''] = message.slice(DELIMITER.length).split(' ');
  return { ...event, type: type.toUpperCase(), message: message.slice(DELIMITER.length) };
}

/** A time that a Date can hold: servers may send any number. */
const timeOf = (ms: number | undefined): number | undefined => (Number.isNaN(new Date(ms ?? Number.NaN).getTime()) ? undefined : ms);

/**
 * A message or an action. Its target keeps the prefix of a message to only some of a channel's users, `@#channel`, so that the answer reaches
 * the same ones.
 *
 * @see https://defs.ircdocs.horse/defs/isupport STATUSMSG
 */
export function saidOf(event: FrameworkEvent, isAction: boolean): Said {
  return {
    ...sourceOf(event),
    target: `${text(event.group)}${text(event.target)}`,
    text: written(event.message),
    isAction,
    account: text(event.account) || undefined,
    timeMs: timeOf(event.time),
    tags: event.tags ?? {},
  };
}

/** The users in the answer to WHO. */
export function membersOf({ users = [] }: FrameworkEvent): readonly Member[] {
  return users.map((user) => ({ ...sourceOf(user), modes: user.channel_modes ?? [] }));
}
