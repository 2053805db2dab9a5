import { readSync, type BigIntStats } from 'node:fs';
import { COMPANION_ENDINGS, HEADER_BYTES, isSqliteDatabase, SnapshotError, sqliteSnapshot } from '../../sqlite/snapshot.ts';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import { isUnreadable } from '../walk/entry-errors.ts';
import type { OpenFile } from './file-content.ts';

/** Where copies are put, and who hears of failures. */
export interface DatabaseCopiesOptions {
  readonly tree: DirectoryTree;
  /** Where copies are put for a moment. */
  readonly temporaryDirectory: string;
  /** Called for each database that could not be copied as of one moment. */
  readonly onDamaged: (path: Buffer, what: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Copies the SQLite databases of a tree, each as of one moment. What SQLite keeps beside a database is part of its copy, and is
 * archived only where no copy could be made.
 */
export class DatabaseCopies {
  readonly #options: DatabaseCopiesOptions;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  /** Paths, as latin1. */
  readonly #copied = new Set<string>();

  constructor(options: DatabaseCopiesOptions) {
    this.#options = options;
  }

  /** Path of a consistent copy, if a file is a SQLite database that can be copied. */
  async copyOf({ path, fd, stats }: OpenFile): Promise<string | undefined> {
    if (!this.#isDatabase(fd)) return undefined;
    const { temporaryDirectory: directory, tree, signal } = this.#options;
    const given = { directory, header: Buffer.from(this.#header), sizeBytes: Number(stats.size), signal };
    try {
      const copy = await sqliteSnapshot(Buffer.from(tree.at(path)), given);
      this.#copied.add(path.toString('latin1'));
      return copy;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      const what = `is a SQLite database that could not be copied as of one moment (${error.message}) and is backed up as it is`;
      this.#options.onDamaged(path, what);
      return undefined;
    }
  }

  /** Whether an entry is a part of a database that has been copied; never true for a directory. */
  contains({ path, stats }: { readonly path: Buffer; readonly stats: BigIntStats }): boolean {
    if (this.#copied.size === 0 || !stats.isFile()) return false;
    const text = path.toString('latin1');
    return COMPANION_ENDINGS.some((ending) => text.endsWith(ending) && this.#copied.has(text.slice(0, -ending.length)));
  }

  #isDatabase(fd: number): boolean {
    try {
      return readSync(fd, this.#header, 0, HEADER_BYTES, 0) === HEADER_BYTES && isSqliteDatabase(this.#header);
    } catch (error) {
      // Reading its content will fail, too.
      if (isUnreadable(error)) return false;
      throw error;
    }
  }
}
