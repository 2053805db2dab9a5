import { chmodSync, lchownSync } from 'node:fs';
import type { DirectoryTree } from '../archive/directory-tree.ts';
import type { ArchiveEntry } from '../archive/entry.ts';
import { setModificationTime } from '../linux.ts';

const SET_ID_BITS = 0o6000;

/** Gives entries that have been made their owner, mode and time, as far as this process may. */
export class MetadataWriter {
  readonly #tree: DirectoryTree;
  readonly #onWarning: (warning: string) => void;
  #mayChown = true;

  constructor(tree: DirectoryTree, onWarning: (warning: string) => void) {
    this.#tree = tree;
    this.#onWarning = onWarning;
  }

  apply({ path, type, mode, uid, gid, mtimeNs }: Pick<ArchiveEntry, 'path' | 'type' | 'mode' | 'uid' | 'gid' | 'mtimeNs'>): void {
    const at = this.#tree.at(path);
    const isOwned = this.#chown(at, uid, gid);
    // A program that ran as its owner must not run as somebody else now.
    if (type !== 'symlink') chmodSync(at, isOwned ? mode : mode & ~SET_ID_BITS);
    setModificationTime(at, mtimeNs);
  }

  /** @returns whether the entry has the owner it should have. */
  #chown(at: Buffer, uid: number, gid: number): boolean {
    if (!this.#mayChown) return uid === process.getuid?.() && gid === process.getgid?.();
    try {
      lchownSync(at, uid, gid);
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'EPERM' && code !== 'EINVAL') throw error;
      this.#mayChown = false;
      this.#onWarning('owners are not restored, since this process has no right to give files away: they belong to who restored them');
      return false;
    }
  }
}
