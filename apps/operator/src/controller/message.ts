/** Longest text of a message in a status, in characters. */
const LONGEST_MESSAGE = 2_000;

/**
 * Texts joined into one message of bounded length: the texts that do not fit are counted.
 *
 * @param limit most characters before the count.
 * @example
 * boundedMessage(['a failed', 'b failed']); // 'a failed; b failed'
 */
export function boundedMessage(texts: readonly string[], limit = LONGEST_MESSAGE): string {
  const whole = texts.join('; ');
  if (whole.length <= limit) return whole;
  const [first = '', ...others] = texts;
  let kept = first.length <= limit ? first : `${wholeCharacters(first.slice(0, limit - 1))}…`;
  let count = 1;
  for (const text of others) {
    if (kept.length + 2 + text.length > limit) break;
    kept = `${kept}; ${text}`;
    count += 1;
  }
  const more = texts.length - count;
  return more === 0 ? kept : `${kept}; and ${more} more`;
}

/** A message that was joined by `; ` already, bounded as {@link boundedMessage} does. */
export const boundedText = (text: string, limit = LONGEST_MESSAGE): string =>
  text.length <= limit ? text : boundedMessage(text.split('; '), limit);

/** Without half a surrogate pair at the end, which the API server would keep as another character. */
const wholeCharacters = (text: string): string => text.replace(/[\uD800-\uDBFF]$/, '');

/**
 * A status in which every `message`, at any depth, has bounded length: the API server refuses a status with a longer one as a
 * whole, and it would stay as it was before. The object itself where nothing is too long.
 */
export function withBoundedMessages<T>(status: T): T {
  if (typeof status !== 'object' || status === null) return status;
  const entries = Object.entries(status);
  const bounded = entries.map(([name, value]: [string, unknown]): [string, unknown] => [
    name,
    name === 'message' && typeof value === 'string' ? boundedText(value) : withBoundedMessages(value),
  ]);
  if (bounded.every(([, value], index) => value === entries[index]?.[1])) return status;
  return (Array.isArray(status) ? bounded.map(([, value]) => value) : Object.fromEntries(bounded)) as T;
}
