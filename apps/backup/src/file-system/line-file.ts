import { fstatSync, readSync, writeSync } from 'node:fs';

const NEWLINE = 0x0a;

/** Buffer size for reading and writing. */
const CHUNK_BYTES = 256 * 1024;

/** Longest line accepted from an untrusted file: a path of 64 KiB takes at most six bytes of JSON per byte. */
const LONGEST_LINE_BYTES = 1024 * 1024;

/** A line is too long or unterminated. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

/** Appends lines to a file, for lists that do not fit into memory. */
export class LineWriter {
  readonly #fd: number;
  /** Strings, because each small buffer would keep a shared slab of 64 KiB alive. */
  #pending: string[] = [];
  #pendingLength = 0;

  /** @param fd file open for writing; the caller closes it. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** @param line text without a newline. */
  write(line: string): void {
    this.#pending.push(line);
    this.#pendingLength += line.length;
    if (this.#pendingLength >= CHUNK_BYTES) this.flush();
  }

  /** Writes the buffered lines. */
  flush(): void {
    const bytes = Buffer.from(this.#pending.map((line) => `${line}\n`).join(''));
    [this.#pending, this.#pendingLength] = [[], 0];
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
  }
}

/**
 * The lines of a file in order.
 *
 * @throws LineError when a line is too long or the last one is unterminated.
 */
export function* linesOf(fd: number): Generator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (let position = 0; ;) {
    const chunk = readAt(fd, position, CHUNK_BYTES);
    if (chunk.length === 0) break;
    position += chunk.length;
    const bytes = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      yield bytes.toString('utf8', from, end);
      from = end + 1;
    }
    rest = bytes.subarray(from);
    checkLength(rest, LONGEST_LINE_BYTES);
  }
  if (rest.length > 0) throw new LineError('its last line is unterminated');
}

/**
 * The lines of a file in reverse order.
 *
 * @throws LineError when a line is too long or the last one is unterminated.
 */
export function* linesBackwards(
  fd: number,
  { longestBytes = LONGEST_LINE_BYTES }: { readonly longestBytes?: number } = {},
): Generator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (let position = fstatSync(fd).size; position > 0;) {
    const length = Math.min(CHUNK_BYTES, position);
    position -= length;
    const chunk = readAt(fd, position, length);
    if (rest.length === 0 && chunk.at(-1) !== NEWLINE) throw new LineError('its last line is unterminated');
    // The last byte is the newline of the next line to return.
    const bytes = Buffer.concat([chunk, rest]);
    let to = bytes.length;
    for (let newline = newlineBefore(bytes, to); newline !== -1; newline = newlineBefore(bytes, to)) {
      yield bytes.toString('utf8', newline + 1, to - 1);
      to = newline + 1;
    }
    rest = bytes.subarray(0, to);
    checkLength(rest, longestBytes);
  }
  if (rest.length > 0) yield rest.toString('utf8', 0, rest.length - 1);
}

/** End of the line before the one that ends at `to`; -1 when no such line exists. */
const newlineBefore = (bytes: Buffer, to: number): number => (to < 2 ? -1 : bytes.lastIndexOf(NEWLINE, to - 2));

function checkLength({ length }: Buffer, longestBytes: number): void {
  if (length > longestBytes) throw new LineError(`it has a line of more than ${longestBytes} bytes`);
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const more = readSync(fd, bytes, read, length - read, position + read);
    if (more === 0) break;
    read += more;
  }
  return bytes.subarray(0, read);
}
