/**
 * The swap of old and restored data:
 *
 *     staging/new ──┐
 *                   ├─ swap-plan.ts → journal.ts → swap.ts
 *     volume ───────┘
 *
 * `swap-plan.ts` compares the unpacked tree in the staging directory with the volume, the journal records all steps before the first one,
 * and this file executes, reverts or finishes them. It accesses both trees through `guarded-tree.ts`, which never follows symlinks.
 */
import { chmodSync, lchownSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, messageOf } from '@eeveebot/contract';
import { UNFINISHED_NAME } from '../../archive/tar/entry.ts';
import { parentsOf } from '../../archive/tar/entry-path.ts';
import { BackupError } from '../../errors.ts';
import { ifAllowed, keepingTime } from '../../file-system/keep-time.ts';
import { setModificationTime, syncFileSystem } from '../../file-system/linux.ts';
import { setDirectoryAcls } from './directory-acls.ts';
import { GuardedTree } from './guarded-tree.ts';
import type { FolderDescription, Journal, SwapStep } from './journal.ts';
import { refusalAdvice } from './refusal-advice.ts';
import type { Staging } from './staging.ts';
import { removeUnfinishedMark } from './unfinished-mark.ts';

/** The data of a swap. */
interface Swap {
  readonly staging: Staging;
  readonly volume: string;
  readonly onWarning: (warning: string) => void;
}

/**
 * Moves the unpacked data into place, using only renames. The journal is written first: if this process ends before the last step, {@link
 * finishSwap} executes the rest. If a step fails, the previous steps are reverted.
 *
 * @throws BackupError `io` when a step failed; the message states whether the old data is in place again.
 */
export function swapIn(swap: Swap & { readonly backupId: string; readonly steps: Iterable<SwapStep> }): void {
  // The unpacked data must be on disk before the old data is moved.
  syncFileSystem(swap.volume);
  const failure = moveIn(swap);
  if (failure === undefined) return finish(swap);
  removeLeftovers(swap);
  const { cause } = failure;
  throw new BackupError(
    'io',
    `the restored data could not be moved into place, and the old data is in place again: ${messageOf(cause)}${refusalAdvice(cause)}`,
    { cause },
  );
}

/** Executes the steps, or reverts those before one that fails. @returns why it failed. @throws BackupError `io` when that fails, too. */
function moveIn(swap: Parameters<typeof swapIn>[0]): { readonly cause: unknown } | undefined {
  const { staging, volume } = swap;
  using journal = staging.writeJournal(swap);
  using trees = new SwapTrees(staging, volume);
  try {
    for (const step of journal.steps()) trees.take(step);
    return undefined;
  } catch (cause) {
    revert(trees, journal, cause);
    return { cause };
  }
}

/**
 * Finishes the swap of a killed process. Completed steps are detected by the positions of the entries. Closes the journal.
 *
 * @throws BackupError `io` when a step fails; both old and restored data are kept.
 */
export function finishSwap(swap: Swap & { readonly journal: Journal }): void {
  try {
    using journal = swap.journal;
    using trees = new SwapTrees(swap.staging, swap.volume);
    for (const step of journal.steps()) trees.take(step);
  } catch (cause) {
    throw new BackupError(
      'io',
      `an interrupted restore cannot be finished: ${messageOf(cause)}${refusalAdvice(cause)}; both old and restored data are kept, and the next restore of this volume continues where this one ended`,
      { cause },
    );
  }
  finish(swap);
}

/**
 * Removes the old data after the new data was synced to disk. No file in the staging directory may be open: NFS and FUSE would keep a removed
 * one under another name, and the directory could not be removed.
 */
function finish(swap: Swap): void {
  const { volume } = swap;
  syncFileSystem(volume);
  keepingTime(volume, () => {
    // Before the journal, which would otherwise be missing while the volume is still marked.
    tryRemoval(swap, join(volume, UNFINISHED_NAME), () => removeUnfinishedMark(volume));
    removeLeftovers(swap);
  });
}

/** The volume is complete at this point; the next restore removes leftovers. */
function removeLeftovers(swap: Swap): void {
  tryRemoval(swap, swap.staging.root, () => swap.staging.remove());
}

function tryRemoval({ onWarning }: Swap, path: string, remove: () => void): void {
  try {
    remove();
  } catch (error) {
    onWarning(`the data is in place, but ${path} could not be removed (the next restore retries): ${messageOf(error)}`);
  }
}

function revert(trees: SwapTrees, journal: Journal, cause: unknown): void {
  try {
    for (const step of journal.stepsBackwards()) trees.revert(step);
  } catch (error) {
    throw new BackupError(
      'io',
      `the restored data could not be moved into place (${messageOf(cause)}), nor the old data moved back completely (${messageOf(error)}): both are kept; the next restore of this volume continues where this one ended`,
      { cause: new AggregateError([cause, error]) },
    );
  }
}

/** The three trees between which a swap moves entries. */
class SwapTrees implements Disposable {
  readonly #volume: GuardedTree;
  readonly #fresh: GuardedTree;
  readonly #aside: GuardedTree;

  constructor(staging: Staging, volume: string) {
    this.#volume = new GuardedTree(volume);
    this.#fresh = new GuardedTree(staging.fresh);
    this.#aside = new GuardedTree(staging.aside);
  }

  take(step: SwapStep): void {
    const path = Buffer.from(step.path, 'latin1');
    if (step.action === 'open') return this.#open(path);
    if (step.action === 'describe') return describeFolder(this.#volume.directory(path), step.after);
    const { action, oldMode, freshMode } = step;
    const isFresh = exists(this.#fresh, path);
    if (action === 'remove' || (action === 'replace' && isFresh)) this.#moveAside(path, oldMode);
    if (action === 'remove') return;
    if (isFresh) {
      if (freshMode !== undefined) openFolder(this.#fresh.directory(path));
      renameBetween(this.#fresh, this.#volume, path);
    }
    if (freshMode !== undefined) ifAllowed(() => chmodSync(this.#volume.directory(path), freshMode));
  }

  revert(step: SwapStep): void {
    const path = Buffer.from(step.path, 'latin1');
    if (step.action === 'open') return describeFolder(this.#volume.directory(path), step.before);
    if (step.action === 'describe') return this.#open(path);
    const { action, oldMode, freshMode } = step;
    if (action !== 'remove' && !exists(this.#fresh, path) && exists(this.#volume, path)) {
      if (freshMode !== undefined) openFolder(this.#volume.directory(path));
      renameBetween(this.#volume, this.#fresh, path);
    }
    if (action === 'add') return;
    if (exists(this.#aside, path)) renameBetween(this.#aside, this.#volume, path);
    if (oldMode !== undefined) ifAllowed(() => chmodSync(this.#volume.directory(path), oldMode));
  }

  [Symbol.dispose](): void {
    for (const tree of [this.#volume, this.#fresh, this.#aside]) tree[Symbol.dispose]();
  }

  /** Moves an old entry aside. If one is there already, the entry in the volume is the restored one. */
  #moveAside(path: Buffer, oldMode: number | undefined): void {
    if (exists(this.#aside, path) || !exists(this.#volume, path)) return;
    this.#makeParents(path);
    if (oldMode !== undefined) openFolder(this.#volume.directory(path));
    renameBetween(this.#volume, this.#aside, path);
  }

  /** Makes the contents of a directory movable in the volume and in the unpacked tree. */
  #open(path: Buffer): void {
    openFolder(this.#volume.directory(path));
    if (exists(this.#fresh, path)) openFolder(this.#fresh.directory(path));
  }

  /** Creates the parents of an entry that is moved aside. */
  #makeParents(path: Buffer): void {
    // The parents usually exist since the previous step.
    if (this.#aside.hasParents(path)) return;
    for (const parent of parentsOf(path)) {
      if (!exists(this.#aside, parent)) mkdirSync(this.#aside.at(parent), { mode: 0o700 });
    }
  }
}

/** Each of the two paths is valid until the next call of its tree, so the trees must differ. */
function renameBetween(from: GuardedTree, to: GuardedTree, path: Buffer): void {
  renameSync(from.at(path), to.at(path));
  from.changed(path);
  to.changed(path);
}

/**
 * Makes a directory writable and movable for its owner. Root needs no permission, and for directories of other users this is not allowed.
 */
function openFolder(folder: Buffer): void {
  const { mode } = lstatSync(folder);
  if ((mode & 0o700) !== 0o700) ifAllowed(() => chmodSync(folder, (mode & 0o7777) | 0o700));
}

function describeFolder(folder: Buffer, { mode, uid, gid, mtimeNs, acls }: FolderDescription): void {
  const now = lstatSync(folder);
  if (now.uid !== uid || now.gid !== gid) ifAllowed(() => lchownSync(folder, uid, gid));
  // The root of a volume usually belongs to root, regardless of the user that restores into it.
  ifAllowed(() => chmodSync(folder, mode));
  if (acls !== undefined) ifAllowed(() => setDirectoryAcls(folder, acls));
  if (mtimeNs !== undefined) ifAllowed(() => setModificationTime(folder, BigInt(mtimeNs)));
}

function exists(tree: GuardedTree, path: Buffer): boolean {
  try {
    return tree.lstat(path) !== undefined;
  } catch (error) {
    // A long path is resolved through its parents; when they are missing, so is the entry.
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
