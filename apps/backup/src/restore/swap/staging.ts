import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, rmdirSync, rmSync, unlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@eeveebot/contract';
import { STAGING_NAME } from '../../archive/tar/entry.ts';
import { BackupError } from '../../errors.ts';
import { Journal, type SwapStep } from './journal.ts';
import { removeTree } from '../../file-system/remove-tree.ts';
import { syncFolder } from '../../file-system/sync-folder.ts';

/** Earlier releases wrote a journal of another format to this path, which must be detected. */
const JOURNAL = 'journal.json';

/** Write permissions of group and others. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * The directory at the top of a volume in which a restore is prepared. The module that owns the volume can create it too, so nothing in it
 * is used until it is certain that only a restore can have written it. From then on it is accessed through an open descriptor, so that the
 * module cannot replace it.
 */
export class Staging implements Disposable {
  /** Path of the directory. */
  readonly root: string;
  #fd: number | undefined;

  constructor(volume: string) {
    this.root = join(volume, STAGING_NAME);
  }

  /** The directory itself, for files other than the unpacked tree. */
  get work(): string {
    return this.#fd === undefined ? this.root : `/proc/self/fd/${this.#fd}`;
  }

  /** The unpacked tree. */
  get fresh(): string {
    return join(this.work, 'new');
  }

  /** The old entries that were moved aside. */
  get aside(): string {
    return join(this.work, 'old');
  }

  get #journal(): string {
    return join(this.work, JOURNAL);
  }

  /**
   * Creates an empty directory, replacing an existing one.
   *
   * @throws BackupError `failed` when another process replaces the directory.
   */
  create(): void {
    this.remove();
    mkdirSync(this.root, { mode: 0o700 });
    this.#open();
    const stranger = this.#foreignOwner(this.#isUsual);
    if (stranger !== undefined) {
      this[Symbol.dispose]();
      throw new BackupError(
        'failed',
        `another process replaced ${this.root} while the restore was prepared (${stranger}): stop all processes that use the volume`,
      );
    }
    for (const directory of [this.fresh, this.aside]) mkdirSync(directory, { mode: 0o700 });
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  exists(): boolean {
    return lstatSync(this.root, { throwIfNoEntry: false }) !== undefined;
  }

  /** Writes the journal of a swap, before its first step. */
  writeJournal({ backupId, steps }: { readonly backupId: string; readonly steps: Iterable<SwapStep> }): Journal {
    const journal = Journal.write(this.#journal, { backupId, steps });
    syncFolder(this.work);
    return journal;
  }

  /**
   * The journal of an interrupted swap; undefined when it does not exist.
   *
   * @throws BackupError `integrity` when the journal cannot be trusted; nothing was changed.
   */
  journal(): Journal | undefined {
    try {
      if (!this.hasJournal()) return undefined;
      this.#open();
      const distrust = this.#distrustReason(this.#isUsual);
      if (distrust !== undefined) throw new Error(distrust);
      return Journal.open(this.#journal);
    } catch (cause) {
      this[Symbol.dispose]();
      const reason = messageOf(cause);
      throw new BackupError(
        'integrity',
        `${this.root} contains the journal of a restore that cannot be trusted (${reason}): nothing was changed. If a restore of this volume was interrupted, its data is in ${this.aside} (old) and ${this.fresh} (restored). Save the data you need, remove ${this.root} and restore again`,
        { cause },
      );
    }
  }

  /** Whether a journal exists, trusted or not. */
  hasJournal(): boolean {
    return (this.#fd !== undefined || isDirectory(statIfPresent(this.root))) && statIfPresent(this.#journal) !== undefined;
  }

  /** A warning about an interrupted restore, for commands that only read the volume; undefined without one. */
  unfinishedRestore(): string | undefined {
    try {
      if (!this.hasJournal()) return undefined;
      // This is read-only, so it cannot test whether the file system gives all directories the same owner.
      const reason = this.#distrustReason(() => false);
      return reason === undefined
        ? 'a restore of this volume was interrupted: the backup contains partly old and partly restored data'
        : `${this.root} contains the journal of an interrupted restore, which another process may have created: ${reason}`;
    } catch (error) {
      return `${this.root} could not be read and may contain an interrupted restore: ${messageOf(error)}`;
    }
  }

  /**
   * Removes the directory and its contents, the journal first and synced to disk: leftovers without a journal are harmless, while a journal
   * with partial contents would be taken for an interrupted swap. The name is reserved, so a file or symlink with that name is removed too.
   */
  remove(): void {
    this[Symbol.dispose]();
    const stats = statIfPresent(this.root);
    if (stats === undefined) return;
    if (!stats.isDirectory()) return unlinkSync(this.root);
    this.#open();
    rmSync(this.#journal, { force: true });
    syncFolder(this.work);
    this[Symbol.dispose]();
    removeTree(this.root);
  }

  /**
   * Why another process may have created the directory; undefined when it cannot have.
   *
   * @param isUsual whether the directory has the owner and mode that a new directory of this process would have.
   */
  #distrustReason(isUsual: (root: Stats) => boolean): string | undefined {
    const stranger = this.#foreignOwner(isUsual);
    if (stranger !== undefined) return stranger;
    const notDirectory = [this.fresh, this.aside].find((path) => !isDirectory(statIfPresent(path)));
    return notDirectory === undefined ? undefined : `${notDirectory} is not a directory`;
  }

  /** Owner and mode of the directory if other users may write to it. */
  #foreignOwner(isUsual: (root: Stats) => boolean): string | undefined {
    const root = this.#fd === undefined ? lstatSync(this.root) : fstatSync(this.#fd);
    const isClosed = root.uid === process.geteuid?.() && (root.mode & WRITABLE_BY_OTHERS) === 0;
    return isClosed || isUsual(root) ? undefined : `it belongs to user ${root.uid} and has mode ${(root.mode & 0o7777).toString(8)}`;
  }

  #open(): void {
    this[Symbol.dispose]();
    this.#fd = openSync(this.root, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  }

  /** Some file systems assign the same owner and mode to all entries. */
  readonly #isUsual = ({ uid, mode }: Stats): boolean => {
    const trial = join(this.work, `trial-${process.pid}`);
    mkdirSync(trial, { mode: 0o700 });
    try {
      const usual = lstatSync(trial);
      return usual.uid === uid && (mode & WRITABLE_BY_OTHERS & ~usual.mode) === 0;
    } finally {
      rmdirSync(trial);
    }
  };
}

const statIfPresent = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

const isDirectory = (stats: Stats | undefined): boolean => stats?.isDirectory() === true;
