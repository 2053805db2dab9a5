import { reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { BoundedRegExp, REGEX_LIMIT_MS } from './bounded-regexp.ts';
import { LinearRegExp } from './linear-regexp.ts';
import { UnsupportedRegexError } from './re2-syntax.ts';

/** Longer expressions are refused. */
const MAX_PATTERN_CHARACTERS = 500;

/** Shorter expressions occur in any sentence by chance. */
const SHORTEST_QUOTED = 3;

/** Engines quote the expression, which may come from a chat; parts of it they quote between slashes or backquotes, or last. */
export const reasonWithout = (pattern: string, error: unknown): string => {
  if (error instanceof UnsupportedRegexError || error instanceof RangeError) return error.message;
  const known = pattern.length < SHORTEST_QUOTED ? reasonOf(error) : reasonOf(error).replaceAll(pattern, '…');
  return known.replace(/: `.*`$/s, '').replace(/: \/.*\/[a-z]*: /s, ': ');
};

/** Flags that change how a match is asked for, but not what matches. */
const harmlessFlags = (flags: string): string => [...new Set(flags)].filter((flag) => 'gy'.includes(flag)).join('');

function refuse(pattern: string, flags: string, reason: string): void {
  log.error(`A regular expression will never match, it cannot be used: ${reason}`, {
    producer: 'compileRegex',
    characters: pattern.length,
    flags,
  });
  log.debug('the regular expression that cannot be used', {
    producer: 'compileRegex',
    pattern: pattern.slice(0, MAX_PATTERN_CHARACTERS),
  });
}

/** By RE2 where it can; what looks around or refers back, by V8's engine for as long as it may take. */
function compiled(pattern: string, flags: string): RegExp {
  try {
    return new LinearRegExp(pattern, flags);
  } catch (error) {
    if (!(error instanceof UnsupportedRegexError) || !error.isBacktracking) throw error;
    return new BoundedRegExp(pattern, flags, () => refuse(pattern, flags, `a text took it longer than ${REGEX_LIMIT_MS} ms`));
  }
}

/**
 * A regular expression from a configuration or a chat, as one that cannot hold
 * the module up: it is matched in time proportional to the text. It is a `RegExp` like any other for
 * `test`, `exec`, `match`, `matchAll`, `replace`, `search` and `split`.
 *
 * What looks ahead or behind or refers back to a group (`(?=`, `(?!`, `(?<=`, `(?<!`, `\1`) may take 50 ms for a text; after that it never
 * matches again, and a log line says why. The same holds at once for what is longer than 500 characters, not valid, or too large when its
 * repetitions are written out. Never throws.
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
    return compiled(pattern, flags);
  } catch (error) {
    refuse(pattern, flags, reasonWithout(pattern, error));
    return new RegExp('(?!)', harmlessFlags(flags));
  }
}
