import { closeSync, constants, openSync } from 'node:fs';
import { readDirectoryEntries } from '../../file-system/linux.ts';

/** Names that are held and sorted at once: one or two MiB. */
const BATCH_NAMES = 16_384;

/** Where the fields of an entry are. @see https://man7.org/linux/man-pages/man2/getdents.2.html struct linux_dirent64 */
const LENGTH_AT = 16;
const NAME_AT = 19;

/** Entries as the kernel gives them; they are taken out of it before anything else is read. */
const entries = Buffer.allocUnsafeSlow(64 * 1024);

/** Some names of a directory. */
export interface NameBatch {
  /** Bytes as latin1, in their order within the batch. */
  readonly names: readonly string[];
  /** Why the directory could not be read to its end. */
  readonly error?: unknown;
}

/**
 * The names in a directory, in batches, so that a directory of millions of files takes as little memory as a small one. It is open
 * only while there is more to read: directories that fit into a batch, however deep they are in one another, keep no descriptor.
 */
export class DirectoryNames implements Disposable {
  #fd: number | undefined;

  /** @throws Error of the file system when it cannot be opened. */
  constructor(path: Buffer) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  }

  /** Whether there may be more names. */
  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  /** The next names; undefined at the end. Batches are in the order of the directory. */
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
    // Characters of latin1 sort like bytes.
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
