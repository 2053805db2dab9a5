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

/** Folds more than servers do, so that an event forgets rather too many users. */
const folded = (name: string): string => ircFolded(name.toLowerCase());

const keyOf = ({ platform, instance, nick }: Omit<ChannelPerson, 'channel'>): string => `${platform}\0${instance}\0${folded(nick)}`;

/** Exactly as the connector was asked: names that one server takes for the same belong to different users on another. */
const placeOf = ({ nick, channel }: ChannelPerson): string => `${nick}\0${channel}`;

const isIn = (place: string, channel: string): boolean => folded(place.slice(place.indexOf('\0') + 1)) === folded(channel);

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
  /** Answers by user, then by nick and channel: a quit concerns all channels of a user. */
  readonly #people = new Map<string, Map<string, Answer>>();

  constructor({ ask, now }: ChannelAdminsDeps) {
    this.#ask = ask;
    this.#now = now;
  }

  /** @throws the error of the connector's query. */
  isAdmin(person: ChannelPerson): Promise<boolean> {
    const key = keyOf(person);
    const place = placeOf(person);
    const known = this.#people.get(key)?.get(place);
    const leftMs = (known?.untilMs ?? 0) - this.#now();
    // More is left than at the beginning once the clock was set back.
    if (known !== undefined && leftMs > 0 && leftMs <= REMEMBER_MS) return known.isAdmin;
    const answer: Answer = { isAdmin: this.#ask(person), untilMs: this.#now() + REMEMBER_MS };
    this.#remember(key, place, answer);
    answer.isAdmin.catch(() => {
      const places = this.#people.get(key);
      if (places?.get(place) === answer) places.delete(place);
    });
    return answer.isAdmin;
  }

  /** Forgets a user in one channel; without a channel, in all. */
  forget({ channel, ...person }: Omit<ChannelPerson, 'channel'> & { readonly channel: string | null }): void {
    const key = keyOf(person);
    const places = this.#people.get(key);
    if (channel === null) this.#people.delete(key);
    else for (const place of [...(places?.keys() ?? [])]) if (isIn(place, channel)) places?.delete(place);
  }

  /** Forgets all users: events of users were missed. */
  forgetAll(): void {
    this.#people.clear();
  }

  #remember(key: string, place: string, answer: Answer): void {
    let places = this.#people.get(key);
    if (places === undefined) {
      bound(this.#people, MAX_PEOPLE);
      places = new Map();
      this.#people.set(key, places);
    }
    places.delete(place);
    bound(places, MAX_CHANNELS);
    places.set(place, answer);
  }
}
