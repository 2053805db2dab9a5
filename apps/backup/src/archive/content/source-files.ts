import { closeSync, constants, fstatSync, openSync, rmSync, type BigIntStats } from 'node:fs';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import type { ExtendedAttributes } from '../../file-system/extended-attributes.ts';
import type { ArchiveReport } from './archive-report.ts';
import { errorName, isGone, isUnreadable } from '../walk/entry-errors.ts';
import type { FoundEntry } from '../walk/walk.ts';
import { AttributeReader } from './attribute-reader.ts';
import { DatabaseCopies } from './database-copies.ts';
import type { OpenFile } from './file-content.ts';

/** Dependencies of {@link SourceFiles}. */
interface SourceFilesOptions {
  readonly tree: DirectoryTree;
  /** Directory for temporary copies of SQLite databases. */
  readonly temporaryDirectory: string;
  readonly report: ArchiveReport;
  readonly signal: AbortSignal;
}

/** Opens the files to archive. In place of a SQLite database it opens a consistent copy. */
export class SourceFiles {
  readonly #tree: DirectoryTree;
  readonly #report: ArchiveReport;
  readonly #databases: DatabaseCopies;
  readonly #attributeReader = new AttributeReader();

  constructor({ tree, temporaryDirectory, report, signal }: SourceFilesOptions) {
    this.#tree = tree;
    this.#report = report;
    this.#databases = new DatabaseCopies({
      tree,
      temporaryDirectory,
      onDamaged: (path, what) => report.damaged(path, what),
      signal,
    });
  }

  /** Whether an entry is already part of an archived copy and must be skipped. */
  isCovered(found: FoundEntry): boolean {
    return this.#databases.contains(found);
  }

  /** Opens a file, or reports why it is left out. The caller closes it. */
  async open(path: Buffer): Promise<OpenFile | undefined> {
    const original = this.#openOriginal(path);
    if (original === undefined) return undefined;
    let copy: string | undefined;
    try {
      copy = await this.#databases.copyOf(original);
    } catch (error) {
      closeSync(original.fd);
      throw error;
    }
    if (copy === undefined) return original;
    closeSync(original.fd);
    const fd = openSync(copy, constants.O_RDONLY);
    // Unlinked at once, so that the copy does not outlive the process.
    rmSync(copy);
    return { ...original, fd, stats: fstatSync(fd, { bigint: true }), described: original.stats };
  }

  /** Extended attributes of an open file or a path. Unreadable ones cause a warning. */
  attributes(path: Buffer, target: number | Buffer, { dev }: BigIntStats): { readonly xattrs?: ExtendedAttributes } {
    try {
      const xattrs = this.#attributeReader.read(target, dev);
      return xattrs === undefined ? {} : { xattrs };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (!isGone(error)) this.#report.warn(path, `has extended attributes that could not be read (${errorName(error)}) and are left out`);
      return {};
    }
  }

  /** Opens a file if it still is one. Uses the stats of the open file, because another one may have replaced the one that was found. */
  #openOriginal(path: Buffer): OpenFile | undefined {
    let fd: number;
    try {
      // If it was replaced, a FIFO must not block and a symlink must not be followed.
      fd = openSync(this.#tree.at(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      return this.#report.failed(path, error);
    }
    let stats: BigIntStats;
    try {
      stats = fstatSync(fd, { bigint: true });
    } catch (error) {
      closeSync(fd);
      return this.#report.failed(path, error);
    }
    if (stats.isFile()) return { path, fd, stats, ...this.attributes(path, fd, stats) };
    closeSync(fd);
    return this.#report.warn(path, 'is no longer a regular file and is left out');
  }
}
