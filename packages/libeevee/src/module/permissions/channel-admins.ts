import { ircFolded } from '../../irc/case-mapping.ts';

/** A user in a channel of a connector. */
export interface ChannelPerson {
  readonly platform: string;
  readonly instance: string;
  readonly channel: string;
  readonly nick: string;
}

interface Answer {
  readonly isAdmin: Promise<boolean>;
  readonly untilMs: number;
}

/** For {@link ChannelAdmins}. */
export interface ChannelAdminsDeps {
  /** Asks the connector. */
  readonly ask: (person: ChannelPerson) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Longest time until a change of a user's modes takes effect. */
const REMEMBER_MS = 60_000;

/** Users whose answers are remembered; beyond, the oldest is forgotten. */
const MAX_PEOPLE = 10_000;

/** Channels of one user. */
const MAX_CHANNELS = 100;

const keyOf = ({ platform, instance, nick }: Omit<ChannelPerson, 'channel'>): string => `${platform}\0${instance}\0${ircFolded(nick)}`;

/** Makes room for one more entry. */
function bound(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
}

/**
 * Remembers for a minute whether a user is an admin of a channel, as reported by its connector, which is asked once for calls that wait at
 * the same time. Failures are not remembered.
 */
export class ChannelAdmins {
  readonly #ask: ChannelAdminsDeps['ask'];
  readonly #now: () => number;
  /** Answers by user, then by channel: a quit concerns all channels of a user. */
  readonly #people = new Map<string, Map<string, Answer>>();

  constructor({ ask, now }: ChannelAdminsDeps) {
    this.#ask = ask;
    this.#now = now;
  }

  /** @throws the error of the connector's query. */
  isAdmin(person: ChannelPerson): Promise<boolean> {
    const key = keyOf(person);
    const channel = ircFolded(person.channel);
    const known = this.#people.get(key)?.get(channel);
    if (known !== undefined && this.#now() < known.untilMs) return known.isAdmin;
    const answer: Answer = { isAdmin: this.#ask(person), untilMs: this.#now() + REMEMBER_MS };
    this.#remember(key, channel, answer);
    answer.isAdmin.catch(() => {
      const channels = this.#people.get(key);
      if (channels?.get(channel) === answer) channels.delete(channel);
    });
    return answer.isAdmin;
  }

  /** Forgets a user in one channel; without a channel, in all. */
  forget({ channel, ...person }: Omit<ChannelPerson, 'channel'> & { readonly channel: string | null }): void {
    const key = keyOf(person);
    if (channel === null) this.#people.delete(key);
    else this.#people.get(key)?.delete(ircFolded(channel));
  }

  #remember(key: string, channel: string, answer: Answer): void {
    let channels = this.#people.get(key);
    if (channels === undefined) {
      bound(this.#people, MAX_PEOPLE);
      channels = new Map();
      this.#people.set(key, channels);
    }
    channels.delete(channel);
    bound(channels, MAX_CHANNELS);
    channels.set(channel, answer);
  }
}
