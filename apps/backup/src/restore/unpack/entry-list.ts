import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { ArchiveEntry, ReadEntry } from '../../archive/tar/entry.ts';
import { linesBackwards, LineWriter } from '../../file-system/line-file.ts';

/** A list of entries without content, kept in a file because millions of directories would not fit into memory. */
export class EntryList implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  readonly #lines: LineWriter;

  /** @param folder directory for the file, which is removed on disposal. */
  constructor(folder: string) {
    this.#path = join(folder, 'entries');
    this.#fd = openSync(this.#path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    this.#lines = new LineWriter(this.#fd);
  }

  add(entry: ReadEntry): void {
    this.#lines.write(serialize({ ...entry, body: undefined }).toString('base64'));
  }

  /** The entries in reverse order. */
  *backwards(): Generator<ArchiveEntry> {
    this.#lines.flush();
    for (const line of linesBackwards(this.#fd, { longestBytes: Infinity })) {
      yield deserialize(Buffer.from(line, 'base64')) as ArchiveEntry;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    unlinkSync(this.#path);
  }
}
