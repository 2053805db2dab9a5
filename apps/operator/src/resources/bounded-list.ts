/** Longest message of a condition, in characters. */
const LIMIT = 2_000;

/**
 * Texts joined into one message of bounded length: what does not fit is counted.
 *
 * @example
 * boundedList(['a failed', 'b failed']); // 'a failed; b failed'
 */
export function boundedList(texts: readonly string[]): string {
  const whole = texts.join('; ');
  if (whole.length <= LIMIT) return whole;
  const [first = ''] = texts;
  const kept = [first.slice(0, LIMIT)];
  let length = kept[0]?.length ?? 0;
  for (const text of texts.slice(1)) {
    length += text.length + 2;
    if (length > LIMIT) break;
    kept.push(text);
  }
  const more = texts.length - kept.length;
  return more === 0 ? kept.join('; ') : `${kept.join('; ')}; and ${more} more`;
}
