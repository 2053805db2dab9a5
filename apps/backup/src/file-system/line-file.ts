import { fstatSync, readSync, writeSync } from 'node:fs';

const NEWLINE = 0x0a;

/** What is read or written at once. */
const CHUNK_BYTES = 256 * 1024;

/** Longest line that is read of a file that another may have written: a path of 64 KiB takes at most six bytes of JSON for each of its own. */
const LONGEST_LINE_BYTES = 1024 * 1024;

/** A file that does not consist of lines. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

/** Appends lines to a file: lists that would be too long for memory. */
export class LineWriter {
  readonly #fd: number;
  /** Strings: each small buffer would keep the piece of memory that it shares with many others, 64 KiB. */
  #pending: string[] = [];
  #pendingLength = 0;

  /** @param fd open for writing; the caller closes it. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** @param line without a newline in it. */
  write(line: string): void {
    this.#pending.push(line);
    this.#pendingLength += line.length;
    if (this.#pendingLength >= CHUNK_BYTES) this.flush();
  }

  /** Writes what is still in memory. */
  flush(): void {
    const bytes = Buffer.from(this.#pending.map((line) => `${line}\n`).join(''));
    [this.#pending, this.#pendingLength] = [[], 0];
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
  }
}

/**
 * The lines of a file from its beginning.
 *
 * @throws LineError when one is too long, or the last one does not end.
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
  if (rest.length > 0) throw new LineError('its last line does not end');
}

/**
 * The lines of a file from its end.
 *
 * @throws LineError when one is too long, or the last one does not end.
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
    if (rest.length === 0 && chunk.at(-1) !== NEWLINE) throw new LineError('its last line does not end');
    // The last byte is the newline of the last line that has not been returned.
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

/** Where the line before the one that ends at `to` ends; -1 when there is none. */
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
