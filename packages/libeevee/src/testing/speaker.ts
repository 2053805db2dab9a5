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

/** The complete sender: its ident differs from the nick, to expose modules that mix them up. */
export function speakerOf(given: Partial<Speaker>): Speaker {
  const nick = given.nick ?? given.user?.replace(/^~/, '') ?? NICK;
  const channel = given.private === true ? nick : PLACE.channel;
  return { ...PLACE, channel, nick, user: `~${nick}`, userHost: `${nick}@example.org`, ...given };
}
