import { readSync, type BigIntStats } from 'node:fs';
import { COMPANION_ENDINGS, HEADER_BYTES, isSqliteDatabase, SnapshotError, sqliteSnapshot } from '../../sqlite/snapshot.ts';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import { isUnreadable } from '../walk/entry-errors.ts';
import type { OpenFile } from './file-content.ts';

/** Options of {@link DatabaseCopies}. */
export interface DatabaseCopiesOptions {
  readonly tree: DirectoryTree;
  /** Directory for temporary copies. */
  readonly temporaryDirectory: string;
  /** Called for each database without a consistent copy. */
  readonly onDamaged: (path: Buffer, what: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a consistent copy of each SQLite database in a tree. SQLite's companion files are part of the copy, and are archived only when no
 * copy could be made.
 */
export class DatabaseCopies {
  readonly #options: DatabaseCopiesOptions;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  /** Paths of copied databases, as latin1. */
  readonly #copied = new Set<string>();

  constructor(options: DatabaseCopiesOptions) {
    this.#options = options;
  }

  /** Path of a consistent copy; undefined when the file is not a SQLite database or cannot be copied. */
  async copyOf({ path, fd, stats }: OpenFile): Promise<string | undefined> {
    if (stats.size < HEADER_BYTES || !this.#isDatabase(fd)) return undefined;
    const { temporaryDirectory: directory, tree, signal } = this.#options;
    const given = { directory, header: Buffer.from(this.#header), sizeBytes: Number(stats.size), signal };
    try {
      const copy = await sqliteSnapshot(Buffer.from(tree.at(path)), given);
      this.#copied.add(path.toString('latin1'));
      return copy;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      const what = `is a SQLite database of which no consistent copy could be made (${error.message}); its files are backed up as is`;
      this.#options.onDamaged(path, what);
      return undefined;
    }
  }

  /** Whether an entry is a companion file of a copied database; never true for a directory. */
  contains({ path, stats }: { readonly path: Buffer; readonly stats: BigIntStats }): boolean {
    if (this.#copied.size === 0 || !stats.isFile()) return false;
    const text = path.toString('latin1');
    return COMPANION_ENDINGS.some((ending) => text.endsWith(ending) && this.#copied.has(text.slice(0, -ending.length)));
  }

  #isDatabase(fd: number): boolean {
    try {
      return readSync(fd, this.#header, 0, HEADER_BYTES, 0) === HEADER_BYTES && isSqliteDatabase(this.#header);
    } catch (error) {
      // Reading the content reports the error.
      if (isUnreadable(error)) return false;
      throw error;
    }
  }
}
