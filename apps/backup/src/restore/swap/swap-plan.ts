import { constants, lstatSync } from 'node:fs';
import { defined } from '@eeveebot/contract';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import { LONGEST_NAME_BYTES } from '../../archive/tar/entry-path.ts';
import { printable } from '../../archive/tar/entry.ts';
import { BackupError } from '../../errors.ts';
import { COMPANION_ENDINGS } from '../../sqlite/snapshot.ts';
import { directoryAcls } from './directory-acls.ts';
import type { FolderDescription, SwapStep } from './journal.ts';
import { isReserved } from '../entries/entry-rules.ts';
import type { EntryKind } from '../entries/entry-admitter.ts';
import { pathsIn, walkTree } from '../../file-system/walk-tree.ts';
import { isSameOrBelow } from './guarded-tree.ts';

/** The unpacked tree and the volume. */
export interface SwapInput {
  readonly fresh: DirectoryTree;
  readonly volume: DirectoryTree;
  /** Whether entries that are not in the backup are removed. */
  readonly clean: boolean;
  /** Kind of the archive's entry at a path. */
  readonly kindAt: (path: Buffer) => EntryKind | undefined;
  /** Paths of mount points in the volume. */
  readonly mounts?: readonly Buffer[];
}

const ROOT = Buffer.alloc(0);
const SLASH = 0x2f;

/**
 * The steps that move the unpacked tree into place, in order. Reads both trees and changes nothing.
 *
 * @throws BackupError `io` when an entry to be moved aside contains a mount point.
 */
export const swapPlan = (input: SwapInput): Generator<SwapStep> => (input.clean ? cleanPlan(input) : overlayPlan(input));

/** Replaces all entries at the top of the volume. */
function* cleanPlan(input: SwapInput): Generator<SwapStep> {
  const { fresh, volume } = input;
  yield openStep(input, ROOT);
  for (const path of pathsIn(volume, ROOT)) {
    if (!isReserved(path)) yield moveStep(input, isPresent(fresh, path) ? 'replace' : 'remove', path);
  }
  for (const path of pathsIn(fresh, ROOT)) {
    if (!isPresent(volume, path)) yield moveStep(input, 'add', path);
  }
  yield describeStep(input, ROOT);
}

/** Merges directories that exist in both trees; all other entries replace the old ones. */
function* overlayPlan(input: SwapInput): Generator<SwapStep> {
  const { fresh, volume } = input;
  const isOnBoth = (path: Buffer): boolean => lstatSync(volume.at(path), { throwIfNoEntry: false })?.isDirectory() === true;
  for (const { stage, path } of walkTree(fresh, ROOT, isOnBoth)) {
    if (stage === 'enter') yield openStep(input, path);
    else if (stage === 'leave') yield describeStep(input, path);
    else {
      if (input.kindAt(path) === 'database') yield* staleCompanions(input, path);
      yield moveStep(input, isPresent(volume, path) ? 'replace' : 'add', path);
    }
  }
}

function moveStep({ fresh, volume, mounts = [] }: SwapInput, action: 'remove' | 'replace' | 'add', path: Buffer): SwapStep {
  // A moved directory takes along what is mounted below it, and removing the old data would remove the contents of that file system.
  const mount = mounts.find((each) => isSameOrBelow(each, path));
  if (mount !== undefined) throw mountedError(path, mount);
  const oldMode = action === 'add' ? undefined : closedMode(volume.at(path));
  const freshMode = action === 'remove' ? undefined : closedMode(fresh.at(path));
  return {
    action,
    path: text(path),
    ...defined({ oldMode, freshMode }),
  };
}

const mountedError = (path: Buffer, mount: Buffer): BackupError =>
  new BackupError(
    'io',
    `${JSON.stringify(printable(path))} cannot be replaced because a file system is mounted at ${JSON.stringify(printable(mount))}; nothing was changed: unmount it, or restore into another folder and copy the data`,
  );

/** Mode of a directory that its owner may not write to; undefined for other entries. */
function closedMode(path: Buffer): number | undefined {
  const stats = lstatSync(path);
  return stats.isDirectory() && (stats.mode & constants.S_IWUSR) === 0 ? stats.mode & 0o7777 : undefined;
}

/** Records the metadata first, because moving the contents of a directory changes its time. */
const openStep = ({ volume }: SwapInput, path: Buffer): SwapStep => ({
  action: 'open',
  path: text(path),
  before: folderDescription(volume.at(path)),
});

/** A directory without an entry of its own keeps its owner and mode. */
function describeStep({ fresh, volume, kindAt }: SwapInput, path: Buffer): SwapStep {
  if (kindAt(path) === 'directory') return { action: 'describe', path: text(path), after: folderDescription(fresh.at(path)) };
  const { mode, uid, gid } = folderDescription(volume.at(path));
  return { action: 'describe', path: text(path), after: { mode, uid, gid } };
}

function folderDescription(folder: Buffer): FolderDescription {
  const { mode, uid, gid, mtimeNs } = lstatSync(folder, { bigint: true });
  const acls = directoryAcls(folder);
  return {
    mode: Number(mode & 0o7777n),
    uid: Number(uid),
    gid: Number(gid),
    mtimeNs: String(mtimeNs),
    ...defined({ acls }),
  };
}

/** Removes companion files of the old database: SQLite would apply their log or journal to the restored one. */
function* staleCompanions({ fresh, volume }: SwapInput, database: Buffer): Generator<SwapStep> {
  const nameBytes = database.length - database.lastIndexOf(SLASH) - 1;
  for (const ending of COMPANION_ENDINGS) {
    if (nameBytes + ending.length > LONGEST_NAME_BYTES) continue;
    const path = Buffer.concat([database, Buffer.from(ending)]);
    const old = lstatSync(volume.at(path), { throwIfNoEntry: false });
    if (old !== undefined && !old.isDirectory() && !isPresent(fresh, path)) yield { action: 'remove', path: text(path) };
  }
}

/** Whether a path exists in a tree. Its parents are known to be directories in both trees. */
const isPresent = (tree: DirectoryTree, path: Buffer): boolean => lstatSync(tree.at(path), { throwIfNoEntry: false }) !== undefined;

const text = (bytes: Buffer): string => bytes.toString('latin1');
