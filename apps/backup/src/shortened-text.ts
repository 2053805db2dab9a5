/** The last position up to `bytes` at which UTF-8 can be cut without splitting a character. */
const characterEnd = (encoded: Buffer, bytes: number): number => {
  let end = bytes;
  // Bytes of the form 10xxxxxx continue a character.
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
};

/**
 * Truncates a text to at most `limit` bytes of UTF-8, between two characters and with an ellipsis.
 *
 * @example
 * shortenedText('ääää', 7); // 'ää…'
 */
export function shortenedText(text: string, limit: number): string {
  // Each UTF-16 unit takes at least one byte.
  if (text.length <= limit && Buffer.byteLength(text) <= limit) return text;
  // For the same reason, no unit after the limit is needed.
  const encoded = Buffer.from(text.slice(0, limit + 1));
  const ellipsis = '…';
  const end = characterEnd(encoded, Math.max(0, Math.min(encoded.length, limit) - Buffer.byteLength(ellipsis)));
  return `${encoded.toString('utf8', 0, end)}${ellipsis}`;
}

/** Truncates a text like {@link shortenedText}, so that its JSON including quotes has at most `limit` bytes. */
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
