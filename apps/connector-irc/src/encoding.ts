import iconv from 'iconv-lite';

/** Converts lines between text and the bytes of a network. */
export interface LineEncoding {
  decode(bytes: Buffer): string;
  encode(text: string): Buffer;
  byteLength(text: string): number;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether there is such an encoding, and lines of the protocol survive it. */
export function encodingExists(name: string): boolean {
  return iconv.encodingExists(name) && iconv.encode('PING :a\r\n', name).equals(Buffer.from('PING :a\r\n'));
}

/**
 * The encoding of a network. Lines that are not valid UTF-8 are decoded as windows-1252, which old clients send; decoding never fails.
 *
 * @param name a name that {@link encodingExists} accepts.
 * @example
 * lineEncoding('utf8').decode(Buffer.from([0xfc])); // 'ü'
 */
export function lineEncoding(name: string): LineEncoding {
  if (/^utf-?8$/i.test(name)) {
    return { decode: decodeUtf8, encode: (text) => Buffer.from(text), byteLength: (text) => Buffer.byteLength(text) };
  }
  return {
    decode: (bytes) => iconv.decode(bytes, name),
    encode: (text) => iconv.encode(text, name),
    byteLength: (text) => iconv.encode(text, name).length,
  };
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return iconv.decode(bytes, 'windows-1252');
  }
}
