import { ircFolded } from '@eeveebot/libeevee';
import type { Clock } from '../clock.ts';
import type { ConnectionSettings } from '../config/parse.ts';
import type { SecretReader } from '../config/secrets.ts';
import { ChannelKeeper } from './channel-keeper.ts';
import type { RejoinSettings } from './channel-list.ts';
import { lineEncoding } from '../encoding.ts';
import { NickKeeper } from './nick-keeper.ts';
import { NickServ } from './nickserv.ts';
import { PendingAnswers } from './pending-answers.ts';
import type { IrcSession } from './session.ts';
import type { Happened, Member, Said } from './session-events.ts';
import { Speaker } from './speaker.ts';
import type { ConnectionReport } from './status.ts';

/** Dependencies of a connection. */
export interface ConnectionDeps {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly readSecret: SecretReader;
  readonly report: ConnectionReport;
  /** Answer to CTCP VERSION unless the configuration has one. */
  readonly version: string;
  /** A user sent a message. */
  readonly onSaid: (said: Said, botNick: string, isPrivate: boolean) => void;
  /** An event in a channel, or of a user. */
  readonly onHappened: (event: Happened) => void;
  /** Channels were joined or left at run time. */
  readonly onRunTimeChannels: () => void;
}

/** The present configuration and session of a connection. */
export interface ConnectionState {
  readonly settings: ConnectionSettings;
  readonly session: IrcSession | undefined;
}

/** Whether the server has accepted the bot. */
export const isOpen = ({ session }: ConnectionState): boolean => session?.registered === true;

/** Whether the bot has the nick of the configuration. */
export const hasNick = ({ session, settings }: ConnectionState): boolean => session?.hasNick(settings.ident.nick) === true;

/** Parts of a connection that outlive its sessions. */
export interface ConnectionParts {
  readonly channels: ChannelKeeper;
  readonly speaker: Speaker;
  readonly nickserv: NickServ;
  readonly nicks: NickKeeper;
  /** Lists of the members of channels that the server was asked for. */
  readonly members: PendingAnswers<readonly Member[]>;
}

/** @param state read at each use. */
export function connectionParts(state: ConnectionState, deps: ConnectionDeps): ConnectionParts {
  const { clock, report, readSecret, onRunTimeChannels } = deps;
  const command = (line: string): void => speaker.command(line);
  const nickserv = new NickServ({ clock, report, readSecret, command, settings: () => state.settings });
  const channels = new ChannelKeeper(rejoinOf(state.settings), {
    clock,
    report,
    command,
    mayJoin: () => isOpen(state) && !nickserv.isAsked,
    onRunTimeChannels,
  });
  const speaker = new Speaker(state.settings.floodControl, {
    clock,
    send: (line) => state.session?.send(line),
    ping: (token) => state.session?.send(`PING :${token}`),
    prefix: () => state.session?.prefix ?? longestPrefix(state.settings),
    isOpen: () => isOpen(state),
    isComing: (target) => channels.isComing(target),
    // Not by the mapping of the server, which can change while lines wait.
    folded: (name) => ircFolded(name, 'ascii'),
    byteLength: (text) => lineEncoding(state.settings.encoding).byteLength(text),
    onExpired: (lines) => report.expired(lines),
    onCommandDropped: () => report.commandDropped(),
  });
  const nicks = new NickKeeper({
    clock,
    command,
    wanted: () => state.settings.ident.nick,
    hasIt: () => !isOpen(state) || hasNick(state),
    ghost: (nick) => nickserv.ghost(nick),
  });
  return { channels, speaker, nickserv, nicks, members: new PendingAnswers(clock) };
}

/** When to rejoin channels that the bot was kicked from. */
export function rejoinOf({ irc }: ConnectionSettings): RejoinSettings {
  return { autoRejoin: irc.autoRejoin, waitMs: irc.autoRejoinWait, maxRetries: irc.autoRejoinMaxRetries };
}

const longestPrefix = ({ ident }: ConnectionSettings): string => `${ident.nick}!~${ident.username}@${'h'.repeat(63)}`;
