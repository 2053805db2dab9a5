/**
 * Decodes a key from a listing with `encoding-type=url`. Stores differ: a space is `+` or `%20`, and some announce the encoding without
 * applying it. The correct decoding is the one that starts with the requested prefix.
 *
 * @example
 * decodedKey('team%2Bone/a%0A', 'team+one/'); // 'team+one/a\n'
 */
export function decodedKey(text: string, prefix: string): string {
  const readings = [percentDecoded(text.replaceAll('+', ' ')), percentDecoded(text), text];
  return readings.find((reading) => reading?.startsWith(prefix) === true) ?? text;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
