import { chmodSync, lchownSync, lstatSync } from 'node:fs';
import { ACCESS_ACL, DEFAULT_ACL, modeWithoutAcl } from '../../archive/tar/acl.ts';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import type { ArchiveEntry } from '../../archive/tar/entry.ts';
import { removeAttribute, setAttribute } from '../../file-system/extended-attributes.ts';
import { setModificationTime } from '../../file-system/linux.ts';
import { isMetadataRefusal } from '../../file-system/metadata-refusal.ts';

const SET_USER_BIT = 0o4000;
const SET_GROUP_BIT = 0o2000;

/** What an entry is described by. */
type Described = Pick<ArchiveEntry, 'path' | 'type' | 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'xattrs'>;

/** Entries of which something could not be restored, by what it is. */
interface Refusals {
  owners: number;
  modes: number;
  times: number;
  attributes: number;
  acls: number;
}

const WARNINGS: Readonly<Record<keyof Refusals, (count: string) => string>> = {
  owners: (count) =>
    `owners of ${count} are not restored, since this process has no right to give files away: they belong to the user that restored them`,
  modes: (count) => `permissions of ${count} are not restored: the file system does not take them`,
  times: (count) => `modification times of ${count} are not restored: the file system does not take them`,
  attributes: (count) =>
    `extended attributes of ${count} are not restored: the file system or the rights of this process do not allow them`,
  acls: (count) => `access control lists of ${count} are not restored: permissions allow only what the lists allowed to everyone concerned`,
};

/**
 * Gives entries that have been made their owner, mode, extended attributes and time, as far as the file system and the rights of
 * this process allow. What they do not is counted, and reported once at the end.
 */
export class MetadataWriter {
  readonly #tree: DirectoryTree;
  readonly #onWarning: (warning: string) => void;
  readonly #refused: Refusals = { owners: 0, modes: 0, times: 0, attributes: 0, acls: 0 };

  constructor(tree: DirectoryTree, onWarning: (warning: string) => void) {
    this.#tree = tree;
    this.#onWarning = onWarning;
    // What the volume's own list would give to new files is not what the archive says of them.
    removeAttribute(tree.at(Buffer.alloc(0)), DEFAULT_ACL);
  }

  apply(entry: Described): void {
    const { path, type, mode, mtimeNs, xattrs } = entry;
    const at = this.#tree.at(path);
    const owner = this.#chown(at, entry);
    // A program that ran as its owner must not run as another user.
    const allowed = mode & ~((owner.hasUser ? 0 : SET_USER_BIT) | (owner.hasGroup ? 0 : SET_GROUP_BIT));
    if (type !== 'symlink') this.#attempt('modes', () => chmodSync(at, allowed));
    // A change of the owner would have taken away the capabilities, and one of the mode would have changed the list.
    if (xattrs !== undefined) this.#setAttributes(at, { ...entry, mode: allowed });
    this.#attempt('times', () => setModificationTime(at, mtimeNs));
  }

  /** Reports what could not be restored. */
  finish(): void {
    for (const kind of ['owners', 'modes', 'times', 'attributes', 'acls'] as const) {
      const count = this.#refused[kind];
      if (count > 0) this.#onWarning(WARNINGS[kind](count === 1 ? '1 entry' : `${count} entries`));
    }
  }

  /** @returns whether the entry has the user and the group that it should have. */
  #chown(at: Buffer, { uid, gid }: Described): { readonly hasUser: boolean; readonly hasGroup: boolean } {
    if (succeeds(() => lchownSync(at, uid, gid))) return { hasUser: true, hasGroup: true };
    const now = lstatSync(at);
    const hasUser = now.uid === uid;
    // The owner of a file may give it to a group that it is in.
    const hasGroup = now.gid === gid || succeeds(() => lchownSync(at, now.uid, gid));
    if (!hasUser || !hasGroup) this.#refused.owners++;
    return { hasUser, hasGroup };
  }

  #setAttributes(at: Buffer, { type, mode, xattrs = new Map() }: Described): void {
    let isWhole = true;
    for (const [name, value] of xattrs) {
      const isAcl = name === ACCESS_ACL || name === DEFAULT_ACL;
      // An empty list would be taken for its removal.
      if ((!isAcl || value.length > 0) && succeeds(() => setAttribute(at, name, value), ATTRIBUTE_SPACE)) continue;
      if (isAcl) this.#refused.acls++;
      else isWhole = false;
      if (name === ACCESS_ACL && type !== 'symlink') this.#attempt('modes', () => chmodSync(at, modeWithoutAcl(mode, value)));
    }
    if (!isWhole) this.#refused.attributes++;
  }

  #attempt(kind: keyof Refusals, act: () => void): void {
    if (!succeeds(act)) this.#refused[kind]++;
  }
}

/** What some file systems report when attributes are larger than the room that they have for those of one file. */
const ATTRIBUTE_SPACE = ['ENOSPC', 'E2BIG', 'ERANGE'];

/** Whether the file system took a change. */
function succeeds(act: () => void, otherRefusals: readonly string[] = []): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (!isMetadataRefusal(error) && !(error instanceof Error && 'code' in error && otherRefusals.includes(String(error.code))))
      throw error;
    return false;
  }
}
