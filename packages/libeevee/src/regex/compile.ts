import { reasonOf } from '../errors.ts';
import { LinearRegExp } from './linear-regexp.ts';
import { log } from '../log/log.ts';
import { UnsupportedRegexError } from './re2-syntax.ts';

/** Longer expressions are refused. */
const MAX_PATTERN_CHARACTERS = 500;

/** Shorter expressions stand in any sentence by chance. */
const SHORTEST_QUOTED = 3;

/** Engines quote the expression, which somebody may have said in a chat; parts of it they quote between slashes or backquotes, or last. */
const reasonWithout = (pattern: string, error: unknown): string => {
  if (error instanceof UnsupportedRegexError || error instanceof RangeError) return error.message;
  const known = pattern.length < SHORTEST_QUOTED ? reasonOf(error) : reasonOf(error).replaceAll(pattern, '…');
  return known.replace(/: `.*`$/s, '').replace(/: \/.*\/[a-z]*: /s, ': ');
};

/** Flags that change how a match is asked for, but not what matches. */
const harmlessFlags = (flags: string): string => [...new Set(flags)].filter((flag) => 'gy'.includes(flag)).join('');

/**
 * A regular expression that somebody else wrote, in a configuration or in a chat, as one that cannot hold
 * the module up: it is matched in time proportional to the text. It is a `RegExp` like any other for
 * `test`, `exec`, `match`, `matchAll`, `replace`, `search` and `split`.
 *
 * What is longer than 500 characters, is not valid, or cannot be matched in linear time (`(?=`, `(?!`,
 * `(?<=`, `(?<!`, `\1`) gives an expression that never matches, and a log line says why. Never throws.
 *
 * @param options.flags as of `RegExp`, without `v`. Characters are always read whole, as with `u`.
 * @example
 * const hello = compileRegex('^h(i|ello)\\b', { flags: 'i' });
 * hello.test('Hello there'); // true
 */
export function compileRegex(pattern: string, { flags = '' }: { flags?: string } = {}): RegExp {
  try {
    if (pattern.length > MAX_PATTERN_CHARACTERS) {
      throw new RangeError(`it has ${pattern.length} characters, ${MAX_PATTERN_CHARACTERS} at most`);
    }
    return new LinearRegExp(pattern, flags);
  } catch (error) {
    log.error(`A regular expression will never match, it cannot be used: ${reasonWithout(pattern, error)}`, {
      producer: 'compileRegex',
      characters: pattern.length,
      flags,
    });
    log.debug('the regular expression that cannot be used', {
      producer: 'compileRegex',
      pattern: pattern.slice(0, MAX_PATTERN_CHARACTERS),
    });
    return new RegExp('(?!)', harmlessFlags(flags));
  }
}
