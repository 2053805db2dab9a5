import { closeSync, constants, openSync } from 'node:fs';
import { readDirectoryEntries } from '../../file-system/linux.ts';

/** Names per batch, which take 1 to 2 MiB. */
const BATCH_NAMES = 16_384;

/** Offsets of the fields of an entry. @see https://man7.org/linux/man-pages/man2/getdents.2.html struct linux_dirent64 */
const LENGTH_AT = 16;
const NAME_AT = 19;

/** Buffer for raw entries, decoded before the next read. */
const entries = Buffer.allocUnsafeSlow(64 * 1024);

/** Some names of a directory. */
export interface NameBatch {
  /** Bytes as latin1, sorted within the batch. */
  readonly names: readonly string[];
  /** Error that ended the reading of the directory early. */
  readonly error?: unknown;
}

/**
 * Reads the names in a directory in batches, so that a directory of millions of files takes as little memory as a small one. The directory
 * stays open only while there is more to read: directories that fit into a batch use no descriptor, however deeply they are nested.
 */
export class DirectoryNames implements Disposable {
  #fd: number | undefined;

  /** @throws Error of the file system when the directory cannot be opened. */
  constructor(path: Buffer) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  }

  /** Whether there may be more names. */
  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  /** The next batch; undefined at the end. Batches follow the order of the directory. */
  next(): NameBatch | undefined {
    if (this.#fd === undefined) return undefined;
    const names: string[] = [];
    try {
      while (names.length < BATCH_NAMES) {
        const bytes = readDirectoryEntries(this.#fd, entries);
        if (bytes === 0) {
          this[Symbol.dispose]();
          break;
        }
        addNames(names, bytes);
      }
    } catch (error) {
      this[Symbol.dispose]();
      return { names: names.sort(), error };
    }
    // Latin1 characters sort like bytes.
    return { names: names.sort() };
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function addNames(names: string[], bytes: number): void {
  for (let at = 0; at < bytes; at += entries.readUInt16LE(at + LENGTH_AT)) {
    const name = entries.toString('latin1', at + NAME_AT, entries.indexOf(0, at + NAME_AT));
    if (name !== '.' && name !== '..') names.push(name);
  }
}
