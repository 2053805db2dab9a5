import { writeSync } from 'node:fs';

const STDOUT = 1;
const LINE_FEED = 0x0a;

/** Lines are written when this much has gathered, or this long after the first of them. */
const BUFFER_CHARACTERS = 16 * 1024;
const BATCH_MS = 10;

/** How long a full pipe may hold the process up before lines are given up. */
const BLOCKED_LIMIT_MS = 1_000;
const BLOCKED_PAUSE_MS = 5;

/** What {@link BatchedOutput} needs of the system. */
export interface OutputSystem {
  /** Writes to standard output and gives the number of bytes taken. */
  write: (bytes: Uint8Array) => number;
  pause: (ms: number) => void;
  /** Calls back after so many milliseconds, without keeping the process alive for it. */
  after: (ms: number, callback: () => void) => void;
}

const pausing = new Int32Array(new SharedArrayBuffer(4));

const system: OutputSystem = {
  write: (bytes) => writeSync(STDOUT, bytes),
  pause: (ms) => void Atomics.wait(pausing, 0, 0, ms),
  after: (ms, callback) => void setTimeout(callback, ms).unref(),
};

const codeOf = (error: unknown): unknown => (typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined);

/**
 * Standard output, written to synchronously but a hundred times a second at the most: a burst of lines
 * costs one system call. What is flushed at `exit` is out.
 *
 * A module must neither wait for ever nor fail because nobody reads its log: lines that a full pipe
 * does not take within a second are dropped, and counted. From then on nothing waits until the reader is
 * back, who is then told how much is missing. When the reader is gone, all lines are dropped. A line of which a part is out is never
 * left without its end.
 */
export class BatchedOutput {
  readonly #system: OutputSystem;
  readonly #onReaderBack: (missingBytes: number) => void;
  #pending = '';
  /** The end of a line whose beginning is out. */
  #lineEnd: Uint8Array = Buffer.alloc(0);
  #scheduled = false;
  #closed = false;
  #stuck = false;
  #missingBytes = 0;
  /** Bytes dropped so far. */
  droppedBytes = 0;

  /** @param onReaderBack called when lines have been dropped and a reader takes them again; may write. */
  constructor(use: OutputSystem = system, onReaderBack: (missingBytes: number) => void = () => {}) {
    this.#system = use;
    this.#onReaderBack = onReaderBack;
  }

  write(line: string): void {
    this.#pending += line;
    if (this.#pending.length >= BUFFER_CHARACTERS) this.flush();
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#system.after(BATCH_MS, () => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Writes what has gathered. Never throws. */
  flush(): void {
    if (this.#pending === '') return;
    const bytes = Buffer.concat([this.#lineEnd, Buffer.from(this.#pending)]);
    this.#pending = '';
    const taken = this.#taken(bytes);
    this.#stuck = taken < bytes.length && !this.#closed;
    this.#drop(bytes, taken);
    if (this.#stuck || this.#closed || this.#missingBytes === 0) return;
    const missingBytes = this.#missingBytes;
    this.#missingBytes = 0;
    this.#onReaderBack(missingBytes);
  }

  /** Writes, and gives the number of bytes that were taken. */
  #taken(bytes: Uint8Array): number {
    const limitMs = this.#stuck ? 0 : BLOCKED_LIMIT_MS;
    let taken = 0;
    for (let blockedMs = 0; taken < bytes.length && !this.#closed;) {
      try {
        taken += this.#system.write(bytes.subarray(taken));
      } catch (error) {
        // Anything but a full pipe stays as it is: no reader, no disk, no terminal.
        if (codeOf(error) !== 'EAGAIN') this.#closed = true;
        else if (blockedMs >= limitMs) break;
        else this.#system.pause(BLOCKED_PAUSE_MS);
        blockedMs += BLOCKED_PAUSE_MS;
      }
    }
    return taken;
  }

  /** Of what was not taken, only the end of a line that has begun is kept. */
  #drop(bytes: Buffer, taken: number): void {
    const begun = taken > 0 ? bytes[taken - 1] !== LINE_FEED : this.#lineEnd.length > 0;
    const lineEnd = begun && taken < bytes.length ? bytes.indexOf(LINE_FEED, taken) + 1 || bytes.length : taken;
    this.#lineEnd = this.#closed ? Buffer.alloc(0) : bytes.subarray(taken, lineEnd);
    const droppedBytes = bytes.length - (this.#closed ? taken : lineEnd);
    this.droppedBytes += droppedBytes;
    this.#missingBytes += droppedBytes;
  }
}
