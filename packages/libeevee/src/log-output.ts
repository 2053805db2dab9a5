import { writeSync } from 'node:fs';

const STDOUT = 1;

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
 * does not take within a second are dropped, and counted; when the reader is gone, all are.
 */
export class BatchedOutput {
  readonly #system: OutputSystem;
  #pending = '';
  #scheduled = false;
  #closed = false;
  /** Bytes dropped so far. */
  droppedBytes = 0;

  constructor(use: OutputSystem = system) {
    this.#system = use;
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
    let bytes: Uint8Array = Buffer.from(this.#pending);
    this.#pending = '';
    for (let blockedMs = 0; bytes.length > 0 && !this.#closed && blockedMs <= BLOCKED_LIMIT_MS;) {
      try {
        bytes = bytes.subarray(this.#system.write(bytes));
      } catch (error) {
        // Anything but a full pipe stays as it is: no reader, no disk, no terminal.
        if (codeOf(error) !== 'EAGAIN') this.#closed = true;
        else this.#system.pause(BLOCKED_PAUSE_MS);
        blockedMs += BLOCKED_PAUSE_MS;
      }
    }
    this.droppedBytes += bytes.length;
  }
}
