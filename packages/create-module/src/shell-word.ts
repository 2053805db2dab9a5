/** Characters without a meaning in shells. */
const PLAIN = /^[\p{L}\p{N}_@%+=:,./\\][-\p{L}\p{N}_@%+=:,./\\]*$/u;

/** Characters that shells interpret between double quotes. */
const ACTIVE = /["$`\\!]/;

/**
 * A path as one word of a command line: quoted where a shell would split or evaluate it, and not read as an option.
 *
 * @example
 * shellWord('a folder'); // '"a folder"'
 */
export function shellWord(path: string): string {
  if (PLAIN.test(path)) return path;
  const word = path.startsWith('-') ? `./${path}` : path;
  return ACTIVE.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : `"${word}"`;
}
