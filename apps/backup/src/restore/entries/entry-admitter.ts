/**
 * Checks of entries, shared by restore and verify. Each entry passes `entry-rules.ts` (the entry itself) and this file (the entry in
 * relation to earlier ones, stored in `path-table.ts`). `scan.ts` checks a whole archive without unpacking it.
 */
import { printable, type EntryType } from '../../archive/tar/entry.ts';
import { parentsOf, refusedEntry } from '../../archive/tar/entry-path.ts';
import { BackupError } from '../../errors.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { ContentLimits } from './content-limits.ts';
import { isWanted, linkTargetOf, type CheckedEntry } from './entry-rules.ts';
import { PathTable } from './path-table.ts';

/** An accepted entry. */
export interface Admission {
  /** Parent directories that did not have an entry so far, topmost first. */
  readonly missingParents: readonly Buffer[];
  /** Whether it is a directory that already exists because it is a parent of an earlier entry. */
  readonly exists: boolean;
}

/** Kind of the entry at a path. A directory is `implied` as long as only entries below it were read. */
export type EntryKind = EntryType | 'implied' | 'database';

/** Kinds by their stored number; 0 means no entry. */
const KINDS: readonly (EntryKind | undefined)[] = [undefined, 'implied', 'directory', 'file', 'database', 'symlink', 'hardlink', 'fifo'];
const numberOf = (kind: EntryKind): number => KINDS.indexOf(kind);

/**
 * Limits for implied directories. A path of 64 KiB can imply 32,000 directories, so a malicious archive could fill memory and disk with few
 * entries.
 */
const IMPLIED_AT_FIRST = 100_000;
const IMPLIED_PER_ENTRY = 16;

/** Number of entries above which the entry tables leave no memory for garbage. */
const MANY_ENTRIES = 200_000;

/** Entries between garbage collections: 10 to 20 MiB or more of the archive, which takes far longer to read than a collection. */
const ENTRIES_BETWEEN_COLLECTIONS = 20_000;

/**
 * Decides which entries of an archive may be unpacked, in order, into an empty directory. Rejects entries that would lead out of it or
 * overwrite others. Unpacking and checking without unpacking apply the same rules.
 */
export class EntryAdmitter {
  files = 0;
  bytes = 0;
  readonly #limits: ContentLimits;
  readonly #kinds = new PathTable();
  #implied = 0;
  /** Directory of the previous entry: the entries of a directory are usually adjacent. */
  #lastParent: Buffer | undefined;

  constructor(limits: ContentLimits) {
    this.#limits = limits;
  }

  /**
   * @returns undefined for skipped entries.
   * @throws BackupError `integrity` for entries that must not be unpacked.
   */
  admit(entry: CheckedEntry): Admission | undefined {
    this.#count(entry);
    if (!isWanted(entry)) return undefined;
    const missingParents = this.#missingParents(entry.path);
    const exists = this.#add(entry);
    if (entry.type === 'hardlink') this.#checkTarget(entry);
    return { missingParents, exists };
  }

  /** Kind of the archive's entry at a path; undefined when it has none. */
  kindAt(path: Buffer): EntryKind | undefined {
    return KINDS[this.#kinds.get(path)];
  }

  /** Records that a file is a SQLite database. */
  markDatabase(path: Buffer): void {
    this.#kinds.set(path, numberOf('database'));
  }

  #count({ sizeBytes }: CheckedEntry): void {
    this.files++;
    this.bytes += sizeBytes;
    if (this.files >= MANY_ENTRIES && this.files % ENTRIES_BETWEEN_COLLECTIONS === 0) collectGarbage();
    const { bytes, files } = this.#limits;
    if (this.files > files) throw new BackupError('integrity', `the archive contains more than the expected ${files} entries`);
    if (this.bytes > bytes) throw new BackupError('integrity', `the archive contains more than the expected ${bytes} bytes`);
  }

  #missingParents(path: Buffer): readonly Buffer[] {
    const slash = path.lastIndexOf(0x2f);
    if (slash === -1 || this.#lastParent?.equals(path.subarray(0, slash)) === true) return [];
    const missing: Buffer[] = [];
    for (const parent of parentsOf(path)) {
      const kind = this.kindAt(parent);
      if (kind === 'directory' || kind === 'implied') continue;
      if (kind !== undefined) throw refusedEntry(path, `whose path leads through a ${kind}`);
      this.#kinds.set(parent, numberOf('implied'));
      missing.push(parent);
    }
    this.#implied += missing.length;
    if (this.#implied > IMPLIED_AT_FIRST + IMPLIED_PER_ENTRY * this.files)
      throw new BackupError(
        'integrity',
        `the archive contains ${this.files} entries in more than ${this.#implied} directories: it is not restored`,
      );
    this.#lastParent = Buffer.from(path.subarray(0, slash));
    return missing;
  }

  #add({ path, type }: CheckedEntry): boolean {
    const present = this.kindAt(path);
    const exists = present === 'implied' && type === 'directory';
    if (present !== undefined && !exists) throw refusedEntry(path, 'which occurs twice');
    this.#kinds.set(path, numberOf(type));
    return exists;
  }

  #checkTarget(entry: CheckedEntry): void {
    const target = linkTargetOf(entry);
    const kind = this.kindAt(target);
    const isFile = kind !== undefined && kind !== 'directory' && kind !== 'implied' && !target.equals(entry.path);
    if (!isFile) throw refusedEntry(entry.path, `a hard link to ${JSON.stringify(printable(target))}, which is not an earlier file`);
  }
}
