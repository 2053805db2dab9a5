import { lstatSync, type BigIntStats } from 'node:fs';
import { COMPANION_ENDINGS } from '../../sqlite/snapshot.ts';
import { DirectoryNames } from './directory-names.ts';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import { isGone, isUnreadable } from './entry-errors.ts';
import { printable, RESERVED_NAMES } from '../tar/entry.ts';
import type { Exclusions } from './exclusions.ts';
import { pathProblem } from '../tar/entry-path.ts';

/** An entry found by the walk. */
export interface FoundEntry {
  /** Relative path; empty for the root. */
  readonly path: Buffer;
  readonly stats: BigIntStats;
}

/** Options of {@link walk}. */
export interface WalkOptions {
  /** Excluding a directory excludes its contents. */
  readonly exclude: Exclusions;
  /** Called for entries that are skipped because they were removed or cannot be archived. */
  readonly onWarning: (warning: string) => void;
  /** Called for entries and directory contents that are skipped because they cannot be read or archived. */
  readonly onUnreadable: (path: Buffer, what: 'entry' | 'directory', error: unknown) => void;
}

/**
 * Walks a directory tree, starting with the root: each directory before its contents, each SQLite database before its companion files.
 * Names are in byte order, except in directories with tens of thousands of files. Entries that are removed during the walk are skipped.
 * Sockets are skipped silently, because they are useless without their process.
 *
 * @throws Error of the file system when the root cannot be read.
 */
export function* walk(tree: DirectoryTree, options: WalkOptions): Generator<FoundEntry> {
  const root = Buffer.alloc(0);
  const stats = lstatSync(tree.at(root), { bigint: true });
  if (!stats.isDirectory()) throw new Error(`${printable(tree.at(root))} is not a directory`);
  const top = new OpenDirectory(tree, root, options);
  // Iterative, because directories may be nested deeper than the stack allows.
  const open = [top];
  try {
    top.open();
    yield { path: root, stats };
    for (let innermost = open.at(-1); innermost !== undefined; innermost = open.at(-1)) {
      const path = innermost.next();
      if (path === undefined) {
        open.pop();
        continue;
      }
      const found = entryAt(tree, path, options);
      if (found === undefined) continue;
      yield found;
      if (!found.stats.isDirectory()) continue;
      const directory = new OpenDirectory(tree, path, options);
      if (directory.openIfReadable()) open.push(directory);
    }
  } finally {
    for (const directory of open) directory[Symbol.dispose]();
  }
}

function entryAt(tree: DirectoryTree, path: Buffer, options: WalkOptions): FoundEntry | undefined {
  const problem = pathProblem(path);
  if (problem !== undefined) {
    options.onUnreadable(path, 'entry', new Error(problem));
    return undefined;
  }
  let stats: BigIntStats | undefined;
  try {
    stats = lstatSync(tree.at(path), { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    // A parent directory may have been replaced.
    if (!isGone(error)) {
      if (!isUnreadable(error)) throw error;
      options.onUnreadable(path, 'entry', error);
      return undefined;
    }
  }
  return isArchived(path, stats, options) ? { path, stats } : undefined;
}

function isArchived(path: Buffer, stats: BigIntStats | undefined, { onWarning }: WalkOptions): stats is BigIntStats {
  if (stats === undefined) {
    onWarning(`${printable(path)} was removed during the backup and is left out`);
    return false;
  }
  const isDevice = stats.isCharacterDevice() || stats.isBlockDevice();
  if (isDevice) onWarning(`${printable(path)} is a device and is left out`);
  return !isDevice && !stats.isSocket();
}

/** A directory in progress. */
class OpenDirectory implements Disposable {
  readonly #tree: DirectoryTree;
  readonly #path: Buffer;
  readonly #options: WalkOptions;
  /** The path with a trailing slash; empty for the root. */
  readonly #beginning: Buffer;
  #directory: DirectoryNames | undefined;
  #names: readonly string[] = [];
  #at = 0;
  /** Companion files of SQLite databases in a directory that is read in several batches. They are visited last, after their databases. */
  #companions: string[] = [];
  #isLarge = false;

  constructor(tree: DirectoryTree, path: Buffer, options: WalkOptions) {
    this.#tree = tree;
    this.#path = path;
    this.#options = options;
    this.#beginning = path.length === 0 ? path : Buffer.concat([path, Buffer.from('/')]);
  }

  /** @throws Error of the file system. */
  open(): void {
    this.#directory = new DirectoryNames(this.#tree.at(this.#path));
    this.#read();
  }

  /** Opens the directory, or reports why its contents are skipped. */
  openIfReadable(): boolean {
    try {
      this.open();
      return true;
    } catch (error) {
      if (isGone(error)) this.#options.onWarning(`${printable(this.#path)} was removed while it was read`);
      else if (isUnreadable(error)) this.#options.onUnreadable(this.#path, 'directory', error);
      else throw error;
      return false;
    }
  }

  /** Path of the next entry that is not excluded; undefined at the end. */
  next(): Buffer | undefined {
    for (;;) {
      if (this.#at === this.#names.length && !this.#read()) return undefined;
      const name = this.#names[this.#at++];
      if (name === undefined || (this.#path.length === 0 && RESERVED_NAMES.has(name))) continue;
      const path = Buffer.concat([this.#beginning, Buffer.from(name, 'latin1')]);
      if (!this.#options.exclude.has(path)) return path;
    }
  }

  #read(): boolean {
    const batch = this.#directory?.next();
    if (batch === undefined) return this.#readCompanions();
    this.#isLarge ||= this.#directory?.isOpen === true;
    [this.#names, this.#at] = [this.#isLarge ? this.#withoutCompanions(batch.names) : batch.names, 0];
    const { error } = batch;
    if (error === undefined) return true;
    if (this.#path.length === 0 && batch.names.length === 0) throw error;
    if (isGone(error)) this.#options.onWarning(`${printable(this.#path)} was removed while it was read`);
    else if (isUnreadable(error)) this.#options.onUnreadable(this.#path, 'directory', error);
    else throw error;
    return true;
  }

  #withoutCompanions(names: readonly string[]): readonly string[] {
    return names.filter((name) => {
      const isCompanion = COMPANION_ENDINGS.some((ending) => name.endsWith(ending));
      if (isCompanion) this.#companions.push(name);
      return !isCompanion;
    });
  }

  #readCompanions(): boolean {
    if (this.#companions.length === 0) return false;
    [this.#names, this.#at] = [this.#companions, 0];
    this.#companions = [];
    return true;
  }

  [Symbol.dispose](): void {
    this.#directory?.[Symbol.dispose]();
  }
}
