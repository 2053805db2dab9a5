import { chmodSync, lchownSync, lstatSync } from 'node:fs';
import { isErrno } from '@eeveebot/contract';
import { ACCESS_ACL, DEFAULT_ACL, modeWithoutAcl } from '../../archive/tar/acl.ts';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import type { ArchiveEntry } from '../../archive/tar/entry.ts';
import { removeAttribute, setAttribute } from '../../file-system/extended-attributes.ts';
import { setModificationTime } from '../../file-system/linux.ts';
import { isMetadataRefusal } from '../../file-system/metadata-refusal.ts';

const SET_USER_BIT = 0o4000;
const SET_GROUP_BIT = 0o2000;

/** The metadata of an entry. */
type Described = Pick<ArchiveEntry, 'path' | 'type' | 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'xattrs'>;

/** Number of entries whose metadata could not be restored, by kind of metadata. */
interface Refusals {
  owners: number;
  modes: number;
  times: number;
  attributes: number;
  acls: number;
}

const WARNINGS: Readonly<Record<keyof Refusals, (count: string) => string>> = {
  owners: (count) =>
    `owners of ${count} are not restored because this process may not change owners: they belong to the user that restored them`,
  modes: (count) => `permissions of ${count} are not restored: the file system does not support them`,
  times: (count) => `modification times of ${count} are not restored: the file system does not support them`,
  attributes: (count) =>
    `extended attributes of ${count} are not restored: the file system or the permissions of this process do not allow them`,
  acls: (count) => `access control lists of ${count} are not restored: permissions grant only what the lists granted to all affected users`,
};

/**
 * Sets owner, mode, extended attributes and time of created entries, as far as the file system and the permissions of this process allow.
 * Failures are counted and reported once at the end.
 */
export class MetadataWriter {
  readonly #tree: DirectoryTree;
  readonly #onWarning: (warning: string) => void;
  readonly #refused: Refusals = { owners: 0, modes: 0, times: 0, attributes: 0, acls: 0 };

  constructor(tree: DirectoryTree, onWarning: (warning: string) => void) {
    this.#tree = tree;
    this.#onWarning = onWarning;
    // New files must not inherit the volume's default list.
    removeAttribute(tree.at(Buffer.alloc(0)), DEFAULT_ACL);
  }

  apply(entry: Described): void {
    const { path, type, mode, mtimeNs, xattrs } = entry;
    const at = this.#tree.at(path);
    const owner = this.#chown(at, entry);
    // A set-id program must not run as a different user.
    const allowed = mode & ~((owner.hasUser ? 0 : SET_USER_BIT) | (owner.hasGroup ? 0 : SET_GROUP_BIT));
    if (type !== 'symlink') this.#attempt('modes', () => chmodSync(at, allowed));
    // After owner and mode: changing the owner removes capabilities, and changing the mode changes the list.
    if (xattrs !== undefined) this.#setAttributes(at, { ...entry, mode: allowed });
    this.#attempt('times', () => setModificationTime(at, mtimeNs));
  }

  /** Reports the metadata that could not be restored. */
  finish(): void {
    for (const kind of ['owners', 'modes', 'times', 'attributes', 'acls'] as const) {
      const count = this.#refused[kind];
      if (count > 0) this.#onWarning(WARNINGS[kind](count === 1 ? '1 entry' : `${count} entries`));
    }
  }

  /** @returns whether the entry has the archived user and group. */
  #chown(at: Buffer, { uid, gid }: Described): { readonly hasUser: boolean; readonly hasGroup: boolean } {
    if (succeeds(() => lchownSync(at, uid, gid))) return { hasUser: true, hasGroup: true };
    const now = lstatSync(at);
    const hasUser = now.uid === uid;
    // The owner of a file may change its group to one of its own.
    const hasGroup = now.gid === gid || succeeds(() => lchownSync(at, now.uid, gid));
    if (!hasUser || !hasGroup) this.#refused.owners++;
    return { hasUser, hasGroup };
  }

  #setAttributes(at: Buffer, { type, mode, xattrs = new Map() }: Described): void {
    let isWhole = true;
    for (const [name, value] of xattrs) {
      const isAcl = name === ACCESS_ACL || name === DEFAULT_ACL;
      // Setting an empty list would remove it.
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

/** Errors of file systems with limited space for the attributes of a file. */
const ATTRIBUTE_SPACE = ['ENOSPC', 'E2BIG', 'ERANGE'];

/** Whether the file system accepted a change. */
function succeeds(act: () => void, otherRefusals: readonly string[] = []): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (!isMetadataRefusal(error) && !isErrno(error, ...otherRefusals)) throw error;
    return false;
  }
}
