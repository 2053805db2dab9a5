import { reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { BoundedRegExp, REGEX_LIMIT_MS } from './bounded-regexp.ts';
import { LinearRegExp } from './linear-regexp.ts';
import { UnsupportedRegexError } from './re2-syntax.ts';

/** Longer expressions are rejected. */
const MAX_PATTERN_CHARACTERS = 500;

/** Shorter expressions occur in any sentence by chance. */
const SHORTEST_QUOTED = 3;

/** Engines quote the expression, which may come from a chat; they quote parts of it between slashes or backquotes, or at the end. */
export const reasonWithout = (pattern: string, error: unknown): string => {
  if (error instanceof UnsupportedRegexError || error instanceof RangeError) return error.message;
  const known = pattern.length < SHORTEST_QUOTED ? reasonOf(error) : reasonOf(error).replaceAll(pattern, '…');
  return known.replace(/: `.*`$/s, '').replace(/: \/.*\/[a-z]*: /s, ': ');
};

/** Flags that affect how matches are iterated, but not what matches. */
const harmlessFlags = (flags: string): string => [...new Set(flags)].filter((flag) => 'gy'.includes(flag)).join('');

function refuse(pattern: string, flags: string, reason: string): void {
  log.error(`A regular expression cannot be used and never matches: ${reason}`, {
    producer: 'compileRegex',
    characters: pattern.length,
    flags,
  });
  log.debug('the regular expression that cannot be used', {
    producer: 'compileRegex',
    pattern: pattern.slice(0, MAX_PATTERN_CHARACTERS),
  });
}

/** Uses RE2 if possible; expressions with look-arounds or backreferences use V8's engine with a time limit. */
function compiled(pattern: string, flags: string): RegExp {
  try {
    return new LinearRegExp(pattern, flags);
  } catch (error) {
    if (!(error instanceof UnsupportedRegexError) || !error.isBacktracking) throw error;
    return new BoundedRegExp(pattern, flags, () => refuse(pattern, flags, `it took longer than ${REGEX_LIMIT_MS} ms for a text`));
  }
}

/**
 * Compiles a regular expression from a configuration or a chat so that it cannot block the module: matching takes time proportional to the
 * text. The result works as a normal `RegExp` for `test`, `exec`, `match`, `matchAll`, `replace`, `search` and `split`.
 *
 * An expression with look-arounds or backreferences (`(?=`, `(?!`, `(?<=`, `(?<!`, `\1`) may take 50 ms per text; after that it never
 * matches again, and a log line gives the reason. An expression that is longer than 500 characters, invalid, or too large with its
 * repetitions expanded never matches at all. Never throws.
 *
 * @param options.flags flags of `RegExp`, without `v`. Characters are always read whole, as with `u`.
 * @example
 * const hello = compileRegex('^h(i|ello)\\b', { flags: 'i' });
 * hello.test('Hello there'); // true
 */
export function compileRegex(pattern: string, { flags = '' }: { flags?: string } = {}): RegExp {
  try {
    if (pattern.length > MAX_PATTERN_CHARACTERS) {
      throw new RangeError(`it has ${pattern.length} characters, at most ${MAX_PATTERN_CHARACTERS} are allowed`);
    }
    return compiled(pattern, flags);
  } catch (error) {
    refuse(pattern, flags, reasonWithout(pattern, error));
    return new RegExp('(?!)', harmlessFlags(flags));
  }
}
