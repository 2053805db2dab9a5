import { errorCode } from '@eeveebot/contract';
import { writeSync } from 'node:fs';

const STDOUT = 1;
const LINE_FEED = 0x0a;

/** Lines are written when there are this many bytes of them, or this long after the first of them. */
const BATCH_BYTES = 16 * 1024;
const BATCH_MS = 10;

/** Size of the buffer. A line that may not fit is written without it. */
const BUFFER_BYTES = 64 * 1024;

/** Maximum number of bytes of a UTF-16 code unit in UTF-8. */
const BYTES_OF_UNIT = 3;

/** Time for which a full pipe may block the process before lines are dropped. */
const BLOCKED_LIMIT_MS = 1_000;
const BLOCKED_PAUSE_MS = 5;

/** System calls of {@link BatchedOutput}. */
export interface OutputSystem {
  /** Writes to standard output and returns the number of bytes written. */
  write: (bytes: Uint8Array) => number;
  pause: (ms: number) => void;
  /** Calls back after `ms` milliseconds, without keeping the process alive. */
  after: (ms: number, callback: () => void) => void;
}

const NOTHING = Buffer.alloc(0);

const pausing = new Int32Array(new SharedArrayBuffer(4));

const system: OutputSystem = {
  write: (bytes) => writeSync(STDOUT, bytes),
  pause: (ms) => void Atomics.wait(pausing, 0, 0, ms),
  after: (ms, callback) => void setTimeout(callback, ms).unref(),
};

/**
 * Standard output, written synchronously but at most a hundred times a second: a burst of lines costs one system call. Lines flushed at
 * `exit` are written before the process ends.
 *
 * A module must neither block forever nor fail because nothing reads its log: lines that a full pipe does not accept within a second are
 * dropped and counted. After that, no write waits until the reader is back; a line then reports how much is missing. When the reader is
 * gone, all lines are dropped. A partially written line is always completed.
 */
export class BatchedOutput {
  readonly #system: OutputSystem;
  readonly #onReaderBack: (missingBytes: number) => void;
  /** Lines are encoded at once: as text, they would survive collections of garbage until they are written. */
  #buffer: Buffer | undefined;
  #bufferedBytes = 0;
  /** The rest of a partially written line. */
  #lineEnd: Uint8Array = NOTHING;
  #scheduled = false;
  #closed = false;
  #stuck = false;
  #missingBytes = 0;
  /** Bytes dropped so far. */
  droppedBytes = 0;

  /** @param onReaderBack called when lines have been dropped and a reader accepts them again; may write. */
  constructor(use: OutputSystem = system, onReaderBack: (missingBytes: number) => void = () => {}) {
    this.#system = use;
    this.#onReaderBack = onReaderBack;
  }

  write(line: string): void {
    const mostBytes = line.length * BYTES_OF_UNIT;
    // A flush may add the line that reports missing ones.
    while (this.#bufferedBytes > 0 && this.#bufferedBytes + mostBytes > BUFFER_BYTES) this.flush();
    if (mostBytes > BUFFER_BYTES) {
      this.#write(Buffer.from(line));
      return;
    }
    this.#buffer ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#bufferedBytes += this.#buffer.write(line, this.#bufferedBytes);
    if (this.#bufferedBytes >= BATCH_BYTES) this.flush();
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#system.after(BATCH_MS, () => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Writes the buffered lines. Never throws. */
  flush(): void {
    if (this.#buffer === undefined || this.#bufferedBytes === 0) return;
    const lines = this.#buffer.subarray(0, this.#bufferedBytes);
    this.#bufferedBytes = 0;
    this.#write(lines);
  }

  #write(lines: Buffer): void {
    const bytes = this.#lineEnd.length === 0 ? lines : Buffer.concat([this.#lineEnd, lines]);
    const taken = this.#taken(bytes);
    this.#stuck = taken < bytes.length && !this.#closed;
    this.#drop(bytes, taken);
    if (this.#stuck || this.#closed || this.#missingBytes === 0) return;
    const missingBytes = this.#missingBytes;
    this.#missingBytes = 0;
    this.#onReaderBack(missingBytes);
  }

  /** Writes, and returns the number of bytes written. */
  #taken(bytes: Uint8Array): number {
    const limitMs = this.#stuck ? 0 : BLOCKED_LIMIT_MS;
    let taken = 0;
    for (let blockedMs = 0; taken < bytes.length && !this.#closed;) {
      try {
        taken += this.#system.write(bytes.subarray(taken));
      } catch (error) {
        // Any error but a full pipe is permanent: no reader, no disk, no terminal.
        if (errorCode(error) !== 'EAGAIN') this.#closed = true;
        else if (blockedMs >= limitMs) break;
        else this.#system.pause(BLOCKED_PAUSE_MS);
        blockedMs += BLOCKED_PAUSE_MS;
      }
    }
    return taken;
  }

  /** Drops the unwritten bytes except the end of a partially written line. */
  #drop(bytes: Buffer, taken: number): void {
    const begun = taken > 0 ? bytes[taken - 1] !== LINE_FEED : this.#lineEnd.length > 0;
    const lineEnd = begun && taken < bytes.length ? bytes.indexOf(LINE_FEED, taken) + 1 || bytes.length : taken;
    this.#lineEnd = this.#closed || lineEnd === taken ? NOTHING : Buffer.from(bytes.subarray(taken, lineEnd));
    const droppedBytes = bytes.length - (this.#closed ? taken : lineEnd);
    this.droppedBytes += droppedBytes;
    this.#missingBytes += droppedBytes;
  }
}
