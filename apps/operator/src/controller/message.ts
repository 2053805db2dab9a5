/** Maximum length of a message in a status, in characters. */
const LONGEST_MESSAGE = 2_000;

/**
 * Joins texts into one message of bounded length. Texts that do not fit are counted.
 *
 * @param limit maximum number of characters before the count.
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

/** Bounds a message that was already joined by `; `, like {@link boundedMessage}. */
export const boundedText = (text: string, limit = LONGEST_MESSAGE): string =>
  text.length <= limit ? text : boundedMessage(text.split('; '), limit);

/** Removes half a surrogate pair at the end, which the API server would store as a different character. */
const wholeCharacters = (text: string): string => text.replace(/[\uD800-\uDBFF]$/, '');

/**
 * Bounds every `message` of a status, at any depth: the API server rejects a whole status if one message is too long, so that the old
 * status would stay. Returns the object itself if no message is too long.
 */
export function withBoundedMessages<T>(status: T): T {
  if (typeof status !== 'object' || status === null || !hasLongMessage(status)) return status;
  const bounded = Object.entries(status).map(([name, value]: [string, unknown]): [string, unknown] => [
    name,
    name === 'message' && typeof value === 'string' ? boundedText(value) : withBoundedMessages(value),
  ]);
  return (Array.isArray(status) ? bounded.map(([, value]) => value) : Object.fromEntries(bounded)) as T;
}

/** Allocates nothing, because it runs for each status that is written, and messages are rarely too long. */
function hasLongMessage(status: object): boolean {
  const parts = status as Readonly<Record<string, unknown>>;
  for (const name in parts) {
    const part = parts[name];
    if (typeof part === 'string' && name === 'message' && part.length > LONGEST_MESSAGE) return true;
    if (typeof part === 'object' && part !== null && hasLongMessage(part)) return true;
  }
  return false;
}
