import { chmodSync, lchownSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { DirectoryTree } from '../archive/directory-tree.ts';
import { BackupError } from '../errors.ts';
import { setModificationTime, syncFileSystem } from '../linux.ts';
import type { FolderDescription, Journal, Staging, SwapStep } from './staging.ts';

/**
 * Puts what was unpacked in its place, by renames alone. The journal is written first: should this process end before
 * the last step, {@link finishSwap} takes the rest. Should a step fail, those taken are taken back.
 *
 * @throws BackupError `io` when a step failed; it says whether the old data is in place again.
 */
export function swapIn(staging: Staging, volume: string, journal: Journal): void {
  // What was unpacked has to be on the disk before the old data gives way.
  syncFileSystem(volume);
  staging.writeJournal(journal);
  using trees = new SwapTrees(staging, volume);
  try {
    for (const step of journal.steps) trees.take(step);
  } catch (cause) {
    takeBack(trees, journal, cause);
    staging.remove();
    throw new BackupError('io', `the restored data could not be put in its place, and the old data is in place again: ${message(cause)}`, {
      cause,
    });
  }
  end(staging, volume);
}

/** Takes the steps that a process which was killed did not. Those that were taken are known by what lies where. */
export function finishSwap(staging: Staging, volume: string, journal: Journal): void {
  using trees = new SwapTrees(staging, volume);
  for (const step of journal.steps) trees.take(step);
  end(staging, volume);
}

/** The old data goes only after the new is on the disk for good. */
function end(staging: Staging, volume: string): void {
  syncFileSystem(volume);
  const { mtimeNs } = lstatSync(volume, { bigint: true });
  staging.remove();
  // That was a change of the volume's top, which has the restored time.
  tolerating('EPERM', () => setModificationTime(Buffer.from(volume), mtimeNs));
}

function takeBack(trees: SwapTrees, { steps }: Journal, cause: unknown): void {
  try {
    for (const step of steps.toReversed()) trees.takeBack(step);
  } catch (error) {
    throw new BackupError(
      'io',
      `the restored data could not be put in its place (${message(cause)}), nor all of the old data taken back (${message(error)}): both are kept; the next restore of this volume goes on where this one ended`,
      { cause: new AggregateError([cause, error]) },
    );
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The three trees that a swap moves things between. */
class SwapTrees implements Disposable {
  readonly #volume: DirectoryTree;
  readonly #fresh: DirectoryTree;
  readonly #aside: DirectoryTree;

  constructor(staging: Staging, volume: string) {
    this.#volume = new DirectoryTree(volume);
    this.#fresh = new DirectoryTree(staging.fresh);
    this.#aside = new DirectoryTree(staging.aside);
  }

  take(step: SwapStep): void {
    const path = Buffer.from(step.path, 'latin1');
    if (step.action === 'describe') return describeFolder(this.#volume.at(path), step.after);
    const { action } = step;
    const isFresh = exists(this.#fresh, path);
    // What has been put aside is the old one: what lies at the path then is the restored one.
    if ((action === 'replace' || action === 'remove') && !exists(this.#aside, path) && exists(this.#volume, path)) {
      this.#makeParents(path);
      renameSync(this.#volume.at(path), this.#aside.at(path));
    }
    if (action !== 'remove' && isFresh) renameSync(this.#fresh.at(path), this.#volume.at(path));
  }

  takeBack(step: SwapStep): void {
    const path = Buffer.from(step.path, 'latin1');
    if (step.action === 'describe') return describeFolder(this.#volume.at(path), step.before);
    const { action } = step;
    const wasTaken = action !== 'remove' && !exists(this.#fresh, path) && exists(this.#volume, path);
    if (wasTaken) renameSync(this.#volume.at(path), this.#fresh.at(path));
    if (action !== 'add' && exists(this.#aside, path)) renameSync(this.#aside.at(path), this.#volume.at(path));
  }

  [Symbol.dispose](): void {
    for (const tree of [this.#volume, this.#fresh, this.#aside]) tree[Symbol.dispose]();
  }

  /** Folders for what is put aside from deep below. */
  #makeParents(path: Buffer): void {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const parent = path.subarray(0, slash);
      if (!exists(this.#aside, parent)) mkdirSync(this.#aside.at(parent), { mode: 0o700 });
    }
  }
}

function describeFolder(folder: Buffer, { mode, uid, gid, mtimeNs }: FolderDescription): void {
  const now = lstatSync(folder);
  if (now.uid !== uid || now.gid !== gid) tolerating('EPERM', () => lchownSync(folder, uid, gid));
  // The top of a volume mostly belongs to root, whoever restores into it.
  tolerating('EPERM', () => chmodSync(folder, mode));
  tolerating('EPERM', () => setModificationTime(folder, BigInt(mtimeNs)));
}

function tolerating(code: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === code)) throw error;
  }
}

const exists = (tree: DirectoryTree, path: Buffer): boolean => lstatSync(tree.at(path), { throwIfNoEntry: false }) !== undefined;
