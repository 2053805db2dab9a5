/** Case folding of nicks and channels by a server, as named by its ISUPPORT token CASEMAPPING. */
export type CaseMapping = 'rfc1459' | 'strict-rfc1459' | 'ascii' | (string & {});

const RFC1459: Readonly<Record<string, string>> = { '[': '{', ']': '}', '\\': '|', '~': '^' };

/**
 * The lower-case form by which a server compares names. Servers that name no mapping use `rfc1459`.
 *
 * @example
 * ircFolded('Fox[away]'); // 'fox{away}'
 */
export function ircFolded(name: string, mapping: CaseMapping = 'rfc1459'): string {
  const lower = name.toLowerCase();
  if (mapping === 'ascii') return lower;
  return lower.replace(mapping === 'strict-rfc1459' ? /[[\]\\]/g : /[[\]\\~]/g, (character) => RFC1459[character] ?? character);
}
