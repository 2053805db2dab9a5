import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { isErrno } from '@eeveebot/contract';
import { printable } from '../../archive/tar/entry.ts';
import { BackupError } from '../../errors.ts';
import { mountsBelow } from '../../file-system/mounts.ts';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import { isReserved } from '../entries/entry-rules.ts';
import type { EntryKind } from '../entries/entry-admitter.ts';
import { removeTree } from '../../file-system/remove-tree.ts';
import type { Protection } from '../../backups/restore-protection.ts';
import { markUnfinished } from '../swap/unfinished-mark.ts';
import type { Room } from './disk-room.ts';
import { RemovalCheck } from './removal-obstacle.ts';
import { pathsIn, walkTree } from '../../file-system/walk-tree.ts';

/** The old data that a restore replaces. */
export interface Replaced {
  /** Whether it is the whole volume. */
  readonly clean: boolean;
  /** Kind of the archive's entry at a path. */
  readonly kindAt: (path: Buffer) => EntryKind | undefined;
}

const ROOT = Buffer.alloc(0);
const SLASH = 0x2f;

/**
 * Marks the volume as unfinished and removes the old data that a restore replaces, before the new data is unpacked. For volumes without
 * room for both, after the whole archive was checked.
 *
 * @param protection that of the backup to restore, if it has one.
 */
export function makeRoom(volume: string, protection: Protection | undefined, replaced: Replaced): void {
  using tree = new DirectoryTree(volume);
  let isMarked = false;
  const remove = replaced.clean ? (path: Buffer) => removeTree(tree.at(path)) : (path: Buffer) => unlink(tree, path);
  for (const path of replaced.clean ? topEntries(tree) : replacedFiles(tree, replaced)) {
    isMarked ||= markUnfinished(volume, protection);
    remove(path);
  }
  if (!isMarked) markUnfinished(volume, protection);
}

function* topEntries(tree: DirectoryTree): Generator<Buffer> {
  for (const path of pathsIn(tree, ROOT)) if (!isReserved(path)) yield path;
}

/**
 * The space that {@link makeRoom} will free.
 *
 * @param mounts paths of the mount points in the volume, relative to it.
 * @throws BackupError `io` when an entry cannot be removed, or the contents of a directory cannot be replaced.
 */
export function replacedRoom(volume: string, replaced: Replaced, mounts: readonly Buffer[] = mountsBelow(volume)): Room {
  if (!replaced.clean) for (const mount of mounts) refuse(mountObstacle(mount, replaced));
  using tree = new DirectoryTree(volume);
  const check = new RemovalCheck(tree);
  let [bytes, inodes] = [0, 0];
  for (const path of replaced.clean
    ? allEntries(tree)
    : replacedFiles(tree, replaced, (directory) => refuse(check.directoryObstacle(directory)))) {
    refuse(check.entryObstacle(path));
    const stats = lstatSync(tree.at(path), { throwIfNoEntry: false });
    if (stats === undefined) continue;
    // A file with several names is divided among them.
    const names = stats.isDirectory() ? 1 : stats.nlink;
    bytes += (stats.blocks * 512) / names;
    inodes += 1 / names;
  }
  return { bytes: Math.floor(bytes), inodes: Math.floor(inodes) };
}

/** Unlike a file, a directory that something else replaces is not removed now, but moved aside later, with what is mounted below it. */
function mountObstacle(mount: Buffer, { kindAt }: Replaced): string | undefined {
  for (let end = mount.length; end > 0; end = mount.lastIndexOf(SLASH, end - 1)) {
    const kind = kindAt(mount.subarray(0, end));
    if (kind !== undefined && kind !== 'directory' && kind !== 'implied') {
      return `a file system is mounted at ${JSON.stringify(printable(mount))}, where the backup has no directory`;
    }
  }
  return undefined;
}

function* allEntries(tree: DirectoryTree): Generator<Buffer> {
  for (const { stage, path } of walkTree(tree, ROOT, (directory) => !isReserved(directory))) {
    if (stage !== 'leave' && path.length > 0 && !isReserved(path)) yield path;
  }
}

/** Existing non-directories at paths in the archive. Does not follow symlinks or enter directories that are not in the archive. */
function* replacedFiles(
  tree: DirectoryTree,
  { kindAt }: Replaced,
  onDirectory: (directory: Buffer) => void = () => undefined,
): Generator<Buffer> {
  const isShared = (directory: Buffer): boolean => ['directory', 'implied'].includes(kindAt(directory) ?? '');
  for (const { stage, isDirectory, path } of walkTree(tree, ROOT, isShared)) {
    if (stage === 'enter') onDirectory(path);
    if (stage === 'pass' && !isDirectory && kindAt(path) !== undefined) yield path;
  }
}

function refuse(obstacle: string | undefined): void {
  if (obstacle === undefined) return;
  throw new BackupError('io', `old data cannot be removed to make room because ${obstacle}; nothing was changed`);
}

/** Removes an entry. Makes its directory temporarily writable if necessary. */
function unlink(tree: DirectoryTree, path: Buffer): void {
  try {
    unlinkSync(tree.at(path));
  } catch (error) {
    if (!isErrno(error, 'EACCES')) throw error;
    const directory = path.subarray(0, Math.max(0, path.lastIndexOf(0x2f)));
    const mode = lstatSync(tree.at(directory)).mode & 0o7777;
    chmodSync(tree.at(directory), mode | 0o700);
    unlinkSync(tree.at(path));
    chmodSync(tree.at(directory), mode);
  }
}
