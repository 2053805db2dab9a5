import { accessSync, constants, lstatSync, type Stats } from 'node:fs';
import { isErrno } from '@eeveebot/contract';
import { printable } from '../../archive/tar/entry.ts';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import { fixingAttribute } from '../../file-system/linux.ts';

const SLASH = 0x2f;
const STICKY_BIT = 0o1000;

/**
 * Finds entries that cannot be removed. Removing old data to make room cannot be undone, so this is checked before the first removal. The
 * paths are checked in order; those of one directory should be adjacent.
 */
export class RemovalCheck {
  readonly #tree: DirectoryTree;
  #lastDirectory: { readonly path: Buffer; readonly stats: Stats } | undefined;

  constructor(tree: DirectoryTree) {
    this.#tree = tree;
  }

  /** Why the contents of a directory cannot change; undefined when they can. */
  directoryObstacle(path: Buffer): string | undefined {
    if (this.#lastDirectory?.path.equals(path) === true) return undefined;
    const at = this.#tree.at(path);
    const stats = lstatSync(at);
    const attribute = fixingAttribute(at);
    // The volume itself is a mount point.
    if (attribute !== undefined && !(path.length === 0 && attribute === 'a mount point')) return `${nameOf(path)} is ${attribute}`;
    if (stats.uid !== process.geteuid?.() && !isWritable(at)) return `${nameOf(path)} is not writable`;
    this.#lastDirectory = { path: Buffer.from(path), stats };
    return undefined;
  }

  /** Why an entry cannot be removed from its directory; undefined when it can. */
  entryObstacle(path: Buffer): string | undefined {
    const parent = path.subarray(0, Math.max(0, path.lastIndexOf(SLASH)));
    const obstacle = this.directoryObstacle(parent);
    if (obstacle !== undefined) return obstacle;
    const at = this.#tree.at(path);
    const attribute = fixingAttribute(at);
    if (attribute !== undefined) return `${nameOf(path)} is ${attribute}`;
    const { mode = 0, uid } = this.#lastDirectory?.stats ?? {};
    const user = process.geteuid?.();
    if ((mode & STICKY_BIT) === 0 || user === 0 || uid === user) return undefined;
    return lstatSync(at).uid === user ? undefined : `${nameOf(path)} belongs to another user and is in a sticky directory`;
  }
}

const nameOf = (path: Buffer): string => (path.length === 0 ? 'the root of the volume' : JSON.stringify(printable(path)));

function isWritable(directory: Buffer): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) return false;
    throw error;
  }
}
