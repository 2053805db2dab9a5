/** A sender and a place. */
export interface Speaker {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  /** In a private message, the nick. */
  readonly channel: string;
  /** Default `tester`; if only `user` is given, that without its `~`. */
  readonly nick: string;
  /** As on IRC, the ident: by default `~` and the nick. */
  readonly user: string;
  readonly userHost: string;
  /** Services account. */
  readonly account?: string;
  /** Whether the message is sent only to the bot. */
  readonly private?: boolean;
  /** Whether the message is an action (`/me waves`). */
  readonly action?: boolean;
}

/** Place of the default sender. */
export const PLACE = { platform: 'test', network: 'test', instance: 'test', channel: '#test' };

const NICK = 'tester';

/**
 * The complete sender: its ident differs from the nick, to expose modules that mix them up. In private the channel is the nick, as
 * connectors send it, whatever the default sender's channel is.
 *
 * @param given the fields of one message. @param defaults those of the default sender.
 */
export function speakerOf(given: Partial<Speaker>, defaults: Partial<Speaker> = {}): Speaker {
  const merged = { ...defaults, ...given };
  const nick = merged.nick ?? merged.user?.replace(/^~/, '') ?? NICK;
  const channel = given.channel ?? (merged.private === true ? nick : (defaults.channel ?? PLACE.channel));
  return { ...PLACE, nick, user: `~${nick}`, userHost: `${nick}@example.org`, ...merged, channel };
}
