import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { STAGING_NAME } from '../../archive/tar/entry.ts';
import { BackupError } from '../../errors.ts';
import { Journal, type SwapStep } from './journal.ts';
import { removeTree } from '../../file-system/remove-tree.ts';

/** Earlier releases have a journal of another format at this path: it must not be overlooked. */
const JOURNAL = 'journal.json';

/** Rights of others than the owner to change what is in a directory. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * The directory at the top of a volume in which a restore is prepared. The module that the volume belongs to can put one there
 * too, or anything else of that name: nothing in it is used before it is known that only a restore can have written it. From then on it
 * is reached by an open descriptor, so that it is the same directory whatever the module puts in its place.
 */
export class Staging implements Disposable {
  /** Its path in the volume. */
  readonly root: string;
  #fd: number | undefined;

  constructor(volume: string) {
    this.root = join(volume, STAGING_NAME);
  }

  /** The directory itself, for files beside what is unpacked. */
  get work(): string {
    return this.#fd === undefined ? this.root : `/proc/self/fd/${this.#fd}`;
  }

  /** The unpacked tree. */
  get fresh(): string {
    return join(this.work, 'new');
  }

  /** The entries that were moved aside. */
  get aside(): string {
    return join(this.work, 'old');
  }

  get #journal(): string {
    return join(this.work, JOURNAL);
  }

  /**
   * Makes it new and empty.
   *
   * @throws BackupError `failed` when another process puts something else in its place.
   */
  create(): void {
    this.remove();
    mkdirSync(this.root, { mode: 0o700 });
    this.#open();
    const stranger = this.#stranger(this.#isUsual);
    if (stranger !== undefined) {
      this[Symbol.dispose]();
      throw new BackupError(
        'failed',
        `another process replaced ${this.root} while the restore was prepared (${stranger}): stop what uses the volume`,
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

  /** Writes down the steps of a swap, before the first is taken. */
  writeJournal({ backupId, steps }: { readonly backupId: string; readonly steps: Iterable<SwapStep> }): Journal {
    const journal = Journal.write(this.#journal, { backupId, steps });
    syncFolder(this.work);
    return journal;
  }

  /**
   * The journal of a swap that was begun; undefined when none was.
   *
   * @throws BackupError `integrity` when there is one that this process cannot trust: then nothing has been changed.
   */
  journal(): Journal | undefined {
    try {
      if (!this.hasJournal()) return undefined;
      this.#open();
      const distrust = this.#distrust(this.#isUsual);
      if (distrust !== undefined) throw new Error(distrust);
      return Journal.open(this.#journal);
    } catch (cause) {
      this[Symbol.dispose]();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BackupError(
        'integrity',
        `${this.root} has the journal of a restore, which cannot be trusted (${reason}): nothing was changed. If a restore of this volume was interrupted, its data is in ${this.aside} (old) and ${this.fresh} (restored). Save what is needed, remove ${this.root} and restore again`,
        { cause },
      );
    }
  }

  /** Whether there is a journal, trusted or not. */
  hasJournal(): boolean {
    return (this.#fd !== undefined || isDirectory(lookedAt(this.root))) && lookedAt(this.#journal) !== undefined;
  }

  /** A warning about a restore that was interrupted, for those who only read the volume; undefined when there was none. */
  unfinishedRestore(): string | undefined {
    try {
      if (!this.hasJournal()) return undefined;
      // Whether the file system gives all directories one owner cannot be tried out here: nothing is written.
      const reason = this.#distrust(() => false);
      return reason === undefined
        ? 'a restore of this volume was not finished: what is backed up is part old and part restored data'
        : `${this.root} has the journal of a restore that was not finished, and may be another's work: ${reason}`;
    } catch (error) {
      return `${this.root} could not be read, so a restore that was not finished may be in it: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /**
   * Removes it with all that is in it: the journal first of all and on the disk for good. Without one, what is left says
   * nothing about the volume; with one, a part of it would be taken for the whole. The name is reserved: a file or
   * symlink of that name goes too.
   */
  remove(): void {
    this[Symbol.dispose]();
    const stats = lookedAt(this.root);
    if (stats === undefined) return;
    if (!stats.isDirectory()) return unlinkSync(this.root);
    this.#open();
    rmSync(this.#journal, { force: true });
    syncFolder(this.work);
    this[Symbol.dispose]();
    removeTree(this.root);
  }

  /**
   * Why the directory may be another's work; undefined when it cannot.
   *
   * @param isUsual whether it has the owner and mode that a new directory of this process would have.
   */
  #distrust(isUsual: (root: Stats) => boolean): string | undefined {
    const stranger = this.#stranger(isUsual);
    if (stranger !== undefined) return stranger;
    const notDirectory = [this.fresh, this.aside].find((path) => !isDirectory(lookedAt(path)));
    return notDirectory === undefined ? undefined : `${notDirectory} is not a directory`;
  }

  /** Whom it belongs to when others may write to it. */
  #stranger(isUsual: (root: Stats) => boolean): string | undefined {
    const root = this.#fd === undefined ? lstatSync(this.root) : fstatSync(this.#fd);
    const isClosed = root.uid === process.geteuid?.() && (root.mode & WRITABLE_BY_OTHERS) === 0;
    return isClosed || isUsual(root) ? undefined : `it belongs to user ${root.uid} and has the mode ${(root.mode & 0o7777).toString(8)}`;
  }

  #open(): void {
    this[Symbol.dispose]();
    this.#fd = openSync(this.root, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  }

  /** Some file systems give everything the same owner and mode, whoever makes it. */
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

const lookedAt = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

const isDirectory = (stats: Stats | undefined): boolean => stats?.isDirectory() === true;

function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
