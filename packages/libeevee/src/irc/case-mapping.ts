/** Case folding of nicks and channels by a server, as named by its ISUPPORT token CASEMAPPING. */
export type CaseMapping = 'rfc1459' | 'strict-rfc1459' | 'ascii' | (string & {});

/**
 * Mappings that change only letters of ASCII. In Unicode, the Kelvin sign has a `k` as its lower-case form, so a user could pass for one with
 * that letter in the nick.
 */
const OF_ASCII: ReadonlySet<string> = new Set(['rfc1459', 'strict-rfc1459', 'ascii']);

const RFC1459: Readonly<Record<string, string>> = { '[': '{', ']': '}', '\\': '|', '~': '^' };

/**
 * The lower-case form by which a server compares names. Servers that name no mapping use `rfc1459`.
 *
 * @example
 * ircFolded('Fox[away]'); // 'fox{away}'
 */
export function ircFolded(name: string, mapping: CaseMapping = 'rfc1459'): string {
  // Other mappings, such as rfc7613, fold the letters of all scripts.
  if (!OF_ASCII.has(mapping)) return name.toLowerCase();
  const lower = asciiFolded(name);
  if (mapping === 'ascii') return lower;
  return lower.replace(mapping === 'strict-rfc1459' ? /[[\]\\]/g : /[[\]\\~]/g, (character) => RFC1459[character] ?? character);
}

/**
 * Lower-case form that changes only the letters A to Z, as every server does. Names that differ in it may belong to different users: with
 * the mapping `ascii`, `fox[1]` and `fox{1}` do. Compare with it before a right is granted.
 *
 * @example
 * asciiFolded('Fox[Away]'); // 'fox[away]'
 */
export const asciiFolded = (name: string): string => name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
