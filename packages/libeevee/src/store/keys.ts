import { ERROR_CODES, EeveeError } from '../errors.ts';

/** Longest key, and longest name of a namespace, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 512;

/** A place on a chat network, as all contexts have it. */
export interface StorePlace {
  readonly platform: string;
  readonly instance: string;
  /** `null` for an event that belongs to no channel. */
  readonly channel: string | null;
}

/** A user on a chat network, as all contexts have it. */
export interface StorePerson {
  readonly platform: string;
  readonly instance: string;
  readonly nick: string;
  /** Services account, if the user is logged in. */
  readonly account?: string | undefined;
}

const refusal = (problem: string): EeveeError => new EeveeError(ERROR_CODES.storeRefused, problem);

/**
 * Checks a key.
 *
 * @throws EeveeError `EEVEE_STORE_REFUSED`
 */
export function checkKey(key: unknown, what = 'key'): asserts key is string {
  if (typeof key !== 'string') throw refusal(`the ${what} of an entry must be a string, not ${key === null ? 'null' : typeof key}`);
  if (key === '') throw refusal(`the ${what} of an entry is empty`);
  // SQLite would end the text at a NUL, and replace half a surrogate pair.
  if (key.includes('\0') || !key.isWellFormed()) throw refusal(`the ${what} ${JSON.stringify(key)} contains a NUL or half a character`);
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES)
    throw refusal(`the ${what} ${JSON.stringify(key.slice(0, 40))}… has ${bytes} bytes, and at most ${MAX_KEY_BYTES} are allowed`);
}

/** Parts of a namespace are separated by slashes; in the parts, those are escaped. */
const part = (text: string): string => text.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll(',', '%2C');

/** IRC compares nicks, accounts and channels without case. */
const folded = (text: string): string => part(text.toLowerCase());

const below = (parent: string, name: string): string => (parent === '' ? name : `${parent}/${name}`);

/** The namespace `name` in `parent`. @throws EeveeError `EEVEE_STORE_REFUSED` */
export function namedNamespace(parent: string, name: string): string {
  checkKey(name, 'namespace');
  return below(parent, `:${part(name)}`);
}

/**
 * The namespace of a channel in `parent`.
 *
 * The network is not part of it: on IRC that is the host name of a server, and one of several servers may answer.
 *
 * @throws EeveeError `EEVEE_STORE_REFUSED` for an event without a channel.
 */
export function channelNamespace(parent: string, { platform, instance, channel }: StorePlace): string {
  if (channel === null) throw refusal('the event does not belong to a channel: use forPerson or a namespace');
  return below(parent, `channel,${part(platform)},${part(instance)},${folded(channel)}`);
}

/** The namespace of a user in `parent`: of the account if logged in, otherwise of the nick. @throws EeveeError `EEVEE_STORE_REFUSED` */
export function personNamespace(parent: string, { platform, instance, nick, account }: StorePerson): string {
  const isLoggedIn = account !== undefined && account !== '';
  if (!isLoggedIn && nick === '') throw refusal('the user has neither an account nor a nick to store entries under');
  return below(parent, `${isLoggedIn ? 'account' : 'nick'},${part(platform)},${part(instance)},${folded(isLoggedIn ? account : nick)}`);
}

/**
 * The first text after all texts that start with `prefix`, in the order of code points; `undefined` if no text comes after them.
 *
 * @example
 * endOfPrefix('ab'); // 'ac'
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10_ffff) continue;
    // Surrogates are not characters.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}
