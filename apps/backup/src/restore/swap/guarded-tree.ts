import { lstatSync, type Stats } from 'node:fs';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import { parentsOf } from '../../archive/tar/entry-path.ts';

const SLASH = 0x2f;

/** A parent of the path, or the path itself where a directory is expected, is not a directory. */
export class NotADirectoryError extends Error {
  override readonly name = 'NotADirectoryError';
}

/** A directory tree that never follows symlinks: every directory above a path is checked before the path is used. */
export class GuardedTree implements Disposable {
  readonly #tree: DirectoryTree;
  /** Cache: a directory that was checked together with all its parents. */
  #known: Buffer = Buffer.alloc(0);

  constructor(root: string) {
    this.#tree = new DirectoryTree(root);
  }

  /** Whether all parents of a path are directories. */
  hasParents(path: Buffer): boolean {
    const slash = path.lastIndexOf(SLASH);
    if (slash === -1 || this.#known.equals(path.subarray(0, slash))) return true;
    for (const parent of parentsOf(path)) {
      if (this.#lstat(parent)?.isDirectory() !== true) return false;
      this.#known = Buffer.from(parent);
    }
    return true;
  }

  /** Stats of a path; undefined when it does not exist or a parent is not a directory. */
  lstat(path: Buffer): Stats | undefined {
    return this.hasParents(path) ? this.#lstat(path) : undefined;
  }

  /**
   * A path for Node's `fs`, valid until the next call.
   *
   * @throws NotADirectoryError when a parent is not a directory.
   */
  at(path: Buffer): Buffer {
    if (!this.hasParents(path)) throw notADirectory(path);
    return this.#tree.at(path);
  }

  /**
   * The path of a directory, as {@link at} returns it.
   *
   * @throws NotADirectoryError when the path is not a directory, for example a symlink, which most calls would follow.
   */
  directory(path: Buffer): Buffer {
    if (this.lstat(path)?.isDirectory() !== true) throw notADirectory(path);
    return this.#tree.at(path);
  }

  /** Invalidates the cache after an entry was created, moved or removed. */
  changed(path: Buffer): void {
    if (isSameOrBelow(this.#known, path)) this.#known = Buffer.alloc(0);
  }

  [Symbol.dispose](): void {
    this.#tree[Symbol.dispose]();
  }

  #lstat(path: Buffer): Stats | undefined {
    return lstatSync(this.#tree.at(path), { throwIfNoEntry: false });
  }
}

/** Whether a path is the same as another or below it. */
export const isSameOrBelow = (path: Buffer, above: Buffer): boolean =>
  path.subarray(0, above.length).equals(above) && (path.length === above.length || path[above.length] === SLASH);

const notADirectory = (path: Buffer): Error =>
  new NotADirectoryError(`${JSON.stringify(path.toString())} or one of its parents is not a directory`);
