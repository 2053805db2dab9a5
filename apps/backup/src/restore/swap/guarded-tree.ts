import { lstatSync, type Stats } from 'node:fs';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import { parentsOf } from '../../archive/tar/member-path.ts';

const SLASH = 0x2f;

/** A path that leads through something that is not a directory, or to something that should be one and is not. */
export class NotADirectoryError extends Error {
  override readonly name = 'NotADirectoryError';
}

/**
 * A directory and all below it, where nothing is reached through a symlink: each directory above a path is looked at
 * before the path is used.
 */
export class GuardedTree implements Disposable {
  readonly #tree: DirectoryTree;
  /** The directory that was found last, to be one together with all above it. */
  #known: Buffer = Buffer.alloc(0);

  constructor(root: string) {
    this.#tree = new DirectoryTree(root);
  }

  /** Whether all above a path are directories. */
  hasParents(path: Buffer): boolean {
    const slash = path.lastIndexOf(SLASH);
    if (slash === -1 || this.#known.equals(path.subarray(0, slash))) return true;
    for (const parent of parentsOf(path)) {
      if (this.#lstat(parent)?.isDirectory() !== true) return false;
      this.#known = Buffer.from(parent);
    }
    return true;
  }

  /** What is at a path; undefined for nothing, also when something else is in the place of a directory above it. */
  lstat(path: Buffer): Stats | undefined {
    return this.hasParents(path) ? this.#lstat(path) : undefined;
  }

  /**
   * A path for Node's `fs`, good until the tree is asked for the next.
   *
   * @throws NotADirectoryError when not all above it are directories.
   */
  at(path: Buffer): Buffer {
    if (!this.hasParents(path)) throw notADirectory(path);
    return this.#tree.at(path);
  }

  /**
   * The path of a directory, as {@link at} returns it.
   *
   * @throws NotADirectoryError when something else is there, such as a symlink, which most calls would follow.
   */
  directory(path: Buffer): Buffer {
    if (this.lstat(path)?.isDirectory() !== true) throw notADirectory(path);
    return this.#tree.at(path);
  }

  /** What is at a path has come or gone: what is known about paths below it no longer holds. */
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

const isSameOrBelow = (path: Buffer, above: Buffer): boolean =>
  path.subarray(0, above.length).equals(above) && (path.length === above.length || path[above.length] === SLASH);

const notADirectory = (path: Buffer): Error => new NotADirectoryError(`${JSON.stringify(path.toString())} is not in directories only`);
