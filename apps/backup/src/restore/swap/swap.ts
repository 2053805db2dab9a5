import { chmodSync, lchownSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { parentsOf } from '../../archive/tar/member-path.ts';
import { BackupError } from '../../errors.ts';
import { setModificationTime, syncFileSystem } from '../../file-system/linux.ts';
import { setDirectoryAcls } from './directory-acls.ts';
import { GuardedTree } from './guarded-tree.ts';
import type { FolderDescription, Journal, SwapStep } from './journal.ts';
import { isMetadataRefusal } from '../../file-system/metadata-refusal.ts';
import type { Staging } from './staging.ts';

/** What changes places. */
interface Swap {
  readonly staging: Staging;
  readonly volume: string;
  readonly onWarning: (warning: string) => void;
}

/**
 * Puts what was unpacked in its place, by renames only. The journal is written first: should this process end before
 * the last step, {@link finishSwap} takes the rest. Should a step fail, those taken are taken back.
 *
 * @throws BackupError `io` when a step failed; it says whether the old data is in place again.
 */
export function swapIn(swap: Swap & { readonly backupId: string; readonly steps: Iterable<SwapStep> }): void {
  const { staging, volume } = swap;
  // What was unpacked has to be on the disk before the old data gives way.
  syncFileSystem(volume);
  using journal = staging.writeJournal(swap);
  using trees = new SwapTrees(staging, volume);
  try {
    for (const step of journal.steps()) trees.take(step);
  } catch (cause) {
    takeBack(trees, journal, cause);
    removeLeftovers(swap);
    throw new BackupError('io', `the restored data could not be put in its place, and the old data is in place again: ${message(cause)}`, {
      cause,
    });
  }
  end(swap);
}

/**
 * Takes the steps that a process which was killed did not. Those that were taken are known by what is where.
 *
 * @throws BackupError `io` when one cannot be taken: old and restored data are both kept.
 */
export function finishSwap(swap: Swap & { readonly journal: Journal }): void {
  using trees = new SwapTrees(swap.staging, swap.volume);
  try {
    for (const step of swap.journal.steps()) trees.take(step);
  } catch (cause) {
    throw new BackupError(
      'io',
      `a restore that was interrupted cannot be finished: ${message(cause)}; old and restored data are both kept, and the next restore of this volume continues where this one ended`,
      { cause },
    );
  }
  end(swap);
}

/** The old data goes only after the new is on the disk for good. */
function end(swap: Swap): void {
  const { volume } = swap;
  syncFileSystem(volume);
  const { mtimeNs } = lstatSync(volume, { bigint: true });
  removeLeftovers(swap);
  // That was a change of the volume's top, which has the restored time.
  ifAllowed(() => setModificationTime(Buffer.from(volume), mtimeNs));
}

/** What is in the volume is whole by now, whatever becomes of the rest: the next restore removes it. */
function removeLeftovers({ staging, onWarning }: Swap): void {
  try {
    staging.remove();
  } catch (error) {
    onWarning(`the data is in place, and ${staging.root} could not be removed (the next restore tries again): ${message(error)}`);
  }
}

function takeBack(trees: SwapTrees, journal: Journal, cause: unknown): void {
  try {
    for (const step of journal.stepsBackwards()) trees.takeBack(step);
  } catch (error) {
    throw new BackupError(
      'io',
      `the restored data could not be put in its place (${message(cause)}), nor all of the old data taken back (${message(error)}): both are kept; the next restore of this volume continues where this one ended`,
      { cause: new AggregateError([cause, error]) },
    );
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The three trees that a swap moves things between. */
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
    // What has been put aside is the old one: what is at the path then is the restored one.
    if ((action === 'remove' || (action === 'replace' && isFresh)) && !exists(this.#aside, path) && exists(this.#volume, path)) {
      this.#makeParents(path);
      if (oldMode !== undefined) openFolder(this.#volume.directory(path));
      renameBetween(this.#volume, this.#aside, path);
    }
    if (action === 'remove') return;
    if (isFresh) {
      if (freshMode !== undefined) openFolder(this.#fresh.directory(path));
      renameBetween(this.#fresh, this.#volume, path);
    }
    if (freshMode !== undefined) ifAllowed(() => chmodSync(this.#volume.directory(path), freshMode));
  }

  takeBack(step: SwapStep): void {
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

  /** What is in the directory can be moved, in the volume and from what was unpacked. */
  #open(path: Buffer): void {
    openFolder(this.#volume.directory(path));
    if (exists(this.#fresh, path)) openFolder(this.#fresh.directory(path));
  }

  /** Directories for what is put aside from deep below. */
  #makeParents(path: Buffer): void {
    // The directory that the path is in is known to be there, mostly from the step before.
    if (this.#aside.hasParents(path)) return;
    for (const parent of parentsOf(path)) {
      if (!exists(this.#aside, parent)) mkdirSync(this.#aside.at(parent), { mode: 0o700 });
    }
  }
}

/** Each of the two paths is good until the next one of its tree is asked for: the trees must be two. */
function renameBetween(from: GuardedTree, to: GuardedTree, path: Buffer): void {
  renameSync(from.at(path), to.at(path));
  from.changed(path);
  to.changed(path);
}

/** Lets a directory's owner write into it and move it; root may anyway, and of others' directories only the rights of the group count. */
function openFolder(folder: Buffer): void {
  const { mode } = lstatSync(folder);
  if ((mode & 0o700) !== 0o700) ifAllowed(() => chmodSync(folder, (mode & 0o7777) | 0o700));
}

function describeFolder(folder: Buffer, { mode, uid, gid, mtimeNs, acls }: FolderDescription): void {
  const now = lstatSync(folder);
  if (now.uid !== uid || now.gid !== gid) ifAllowed(() => lchownSync(folder, uid, gid));
  // The top of a volume mostly belongs to root, whoever restores into it.
  ifAllowed(() => chmodSync(folder, mode));
  if (acls !== undefined) ifAllowed(() => setDirectoryAcls(folder, acls));
  if (mtimeNs !== undefined) ifAllowed(() => setModificationTime(folder, BigInt(mtimeNs)));
}

/** File systems that have no owners, modes or times, and users that may not change them, are no reason to go back. */
function ifAllowed(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isMetadataRefusal(error)) throw error;
  }
}

function exists(tree: GuardedTree, path: Buffer): boolean {
  try {
    return tree.lstat(path) !== undefined;
  } catch (error) {
    // A long path is reached by way of the directories above it: where they are missing, so is what is in them.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
