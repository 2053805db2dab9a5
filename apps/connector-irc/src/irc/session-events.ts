import type { EndKind } from './reconnect-plan.ts';

/** User who caused an event. */
export interface Source {
  readonly nick: string;
  /** The ident, with a leading `~` if the server did not verify it. */
  readonly user: string;
  readonly userHost: string;
}

/** A message of a user, in a channel or to the bot. */
export interface Said extends Source {
  readonly target: string;
  readonly text: string;
  readonly isAction: boolean;
  /** Services account, if the server reports it. */
  readonly account?: string | undefined;
  /** When the server received it, in milliseconds since 1970, if the server reports that. */
  readonly timeMs?: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** An event other than a message. */
export interface Happened extends Source {
  readonly eventType: 'join' | 'part' | 'quit' | 'kick' | 'nick' | 'topic' | 'invite';
  /** Null for events that concern all channels: quit and nick. */
  readonly channel: string | null;
  readonly reason?: string | undefined;
  readonly kickedBy?: string | undefined;
  readonly newNick?: string | undefined;
  readonly topic?: string | undefined;
}

/** A user in a channel, in the answer to WHO. */
export interface Member extends Source {
  /** Letters of their modes in the channel. */
  readonly modes: readonly string[];
}

/** End of a session. */
export interface SessionEnd {
  readonly kind: EndKind;
  readonly reason: string;
  /** Fix for this reason, where it is more precise than the one for the kind. */
  readonly hint?: string | undefined;
}

/** Called by a session. Nothing is called after `ended`. */
export interface SessionHandlers {
  registered(): void;
  /** The server has sent its greeting, with its options. */
  greeted(): void;
  said(said: Said): void;
  happened(event: Happened): void;
  /** A notice, from a user or a service. */
  noticed(nick: string, text: string): void;
  /** The server has answered a PING. */
  ponged(token: string): void;
  ctcp(nick: string, type: string, argument: string): void;
  /** The server refused a JOIN. */
  joinRefused(channel: string, reason: string): void;
  /** A channel that the bot is in has another name. */
  channelRenamed(from: string, to: string): void;
  /** The server did not deliver a message to a channel or nick. */
  sayingRefused(target: string, reason: string): void;
  members(channel: string, members: readonly Member[]): void;
  /** A line of the server could not be handled; the connection continues. */
  badLine(error: unknown): void;
  ended(end: SessionEnd): void;
}
