/** Where a text of `bytes` bytes of UTF-8 may be cut at the latest so that no character is split. */
const characterEnd = (encoded: Buffer, bytes: number): number => {
  let end = bytes;
  // Bytes 10xxxxxx continue a character.
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
};

/**
 * A text of at most `limit` bytes of UTF-8: a longer one is cut between two characters and ends with an ellipsis.
 *
 * @example
 * shortenedText('ääää', 7); // 'ää…'
 */
export function shortenedText(text: string, limit: number): string {
  // No character of a string has less than one byte.
  if (text.length <= limit && Buffer.byteLength(text) <= limit) return text;
  // One UTF-16 unit is one byte at least: what is behind the limit is not needed.
  const encoded = Buffer.from(text.slice(0, limit + 1));
  const ellipsis = '…';
  const end = characterEnd(encoded, Math.max(0, Math.min(encoded.length, limit) - Buffer.byteLength(ellipsis)));
  return `${encoded.toString('utf8', 0, end)}${ellipsis}`;
}

/**
 * A text whose JSON, with its quotes, has at most `limit` bytes, cut like {@link shortenedText}.
 */
export function shortenedJsonText(text: string, limit: number): string {
  const bytesOf = (cut: string) => Buffer.byteLength(JSON.stringify(cut));
  if (text.length <= limit && bytesOf(text) <= limit) return text;
  let [fits, tooLong] = [0, limit + 1];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (bytesOf(shortenedText(text, middle)) <= limit) fits = middle;
    else tooLong = middle;
  }
  return shortenedText(text, fits);
}
