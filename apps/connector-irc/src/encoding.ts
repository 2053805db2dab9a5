import iconv from 'iconv-lite';

/** Converts lines between text and the bytes of a network. */
export interface LineEncoding {
  decode(bytes: Buffer): string;
  encode(text: string): Buffer;
  byteLength(text: string): number;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

const CARRIAGE_RETURN = 0x0d;

/** Bytes of a character after its first one, at most. */
const MAX_REST_BYTES = 3;

const OUTSIDE_ASCII = /\P{ASCII}/u;

/** Whether there is such an encoding, and lines of the protocol survive it. */
export function encodingExists(name: string): boolean {
  return iconv.encodingExists(name) && iconv.encode('PING :a\r\n', name).equals(Buffer.from('PING :a\r\n'));
}

/**
 * The encoding of a network. With UTF-8, a text that is not valid is decoded as windows-1252, which old clients send, unless only its first or
 * last character is incomplete, which is then omitted: clients and servers cut long lines at a byte. Decoding never fails.
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

/** Decodes the text of a line separately: the server writes what is before, such as the name of the channel, in UTF-8. */
function decodeUtf8(line: Buffer): string {
  const text = startOfText(line);
  return decodePart(line.subarray(0, text)) + decodePart(line.subarray(text));
}

const isByte = (line: Buffer, index: number, character: string): boolean => line[index] === character.charCodeAt(0);

/** Where the last parameter of a line begins, after its tags, source, command and other parameters; its end if it has none with a colon. */
function startOfText(line: Buffer): number {
  let start = 0;
  for (const mark of ['@', ':']) {
    if (!isByte(line, start, mark)) continue;
    const end = line.indexOf(' ', start);
    if (end === -1) return line.length;
    start = end + 1;
  }
  const colon = line.indexOf(' :', start);
  return colon === -1 ? line.length : colon + ' :'.length;
}

function decodePart(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return decodeCut(bytes) ?? iconv.decode(bytes, 'windows-1252');
  }
}

/** Whole characters of a text that begins or ends within one; undefined if it is not UTF-8. */
function decodeCut(bytes: Buffer): string | undefined {
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  let start = 0;
  while (start < MAX_REST_BYTES && isContinuation(bytes[start])) start++;
  try {
    // With `stream`, the decoder accepts an incomplete character at the end.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end), { stream: true });
    // Without another character outside ASCII, it is rather a text of an old client with a letter that has an accent.
    return OUTSIDE_ASCII.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a byte continues a character of UTF-8. */
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
