/** The part of iconv-lite that the parsers of request bodies use, based on the character sets that are built into Node. */

/** Decodes a text that arrives in parts. */
interface Decoder {
  write(chunk: Uint8Array): string;
  end(): string;
}

/** @throws Error with the message of iconv-lite, which its callers look for, when Node does not know the character set. */
export function getDecoder(encoding: string): Decoder {
  if (!encodingExists(encoding)) throw new Error(`Encoding not recognized: '${encoding}'`);
  const decoder = new TextDecoder(encoding);
  return { write: (chunk) => decoder.decode(chunk, { stream: true }), end: () => decoder.decode() };
}

/** @throws RangeError when Node does not know the character set. */
export const decode = (body: Uint8Array, encoding: string): string => new TextDecoder(encoding).decode(body);

/** Whether {@link getDecoder} knows a character set. */
export function encodingExists(encoding: string): boolean {
  try {
    return new TextDecoder(encoding).encoding !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
