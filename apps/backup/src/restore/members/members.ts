import { printable, type EntryType } from '../../archive/tar/entry.ts';
import { parentsOf, refusedEntry } from '../../archive/tar/member-path.ts';
import { BackupError } from '../../errors.ts';
import { collectGarbage } from './collect-garbage.ts';
import { isWanted, linkTargetOf, type Member } from './member-rules.ts';
import { PathTable } from './path-table.ts';

/** What an archive may hold at the most. */
export interface ContentLimits {
  /** Bytes of content, holes included. */
  readonly bytes: number;
  /** Entries. */
  readonly files: number;
}

/** An entry that may be unpacked. */
export interface Admission {
  /** Directories above it that no entry has named so far, the topmost first. */
  readonly missingParents: readonly Buffer[];
  /** Whether it is such a directory, and so is there already. */
  readonly exists: boolean;
}

/** What is at a path. A directory is implied as long as only what is in it has been named. */
export type MemberKind = EntryType | 'implied' | 'database';

/** Kinds by the number they are stored as; 0 is nothing. */
const KINDS: readonly (MemberKind | undefined)[] = [undefined, 'implied', 'directory', 'file', 'database', 'symlink', 'hardlink', 'fifo'];
const numberOf = (kind: MemberKind): number => KINDS.indexOf(kind);

/** A path of 64 KiB may name 32,000 directories: archives whose entries do that on average are made to fill memory and disk. */
const IMPLIED_AT_FIRST = 100_000;
const IMPLIED_PER_ENTRY = 16;

/** From here on, what is known about the entries takes memory that there is no room for garbage beside. */
const MANY_ENTRIES = 200_000;

/** Entries of 10 to 20 MiB of archive, or more, which take far longer to read than a collection. */
const ENTRIES_BETWEEN_COLLECTIONS = 20_000;

/**
 * Which entries of an archive may be unpacked, one after the other, into an empty directory. Refuses whatever would lead out
 * of it or over what is there already: unpacking and checking without unpacking apply the same rules.
 */
export class Members {
  files = 0;
  bytes = 0;
  readonly #limits: ContentLimits;
  readonly #kinds = new PathTable();
  #implied = 0;
  /** Directory of the entry before: archives name what is in one directory together. */
  #lastParent: Buffer | undefined;

  constructor(limits: ContentLimits) {
    this.#limits = limits;
  }

  /**
   * @returns undefined for what is left out.
   * @throws BackupError `integrity` for what must not be unpacked.
   */
  admit(entry: Member): Admission | undefined {
    this.#count(entry);
    if (!isWanted(entry)) return undefined;
    const missingParents = this.#missingParents(entry.path);
    const exists = this.#add(entry);
    if (entry.type === 'hardlink') this.#checkTarget(entry);
    return { missingParents, exists };
  }

  /** What the archive has at a path; undefined for nothing. */
  kindAt(path: Buffer): MemberKind | undefined {
    return KINDS[this.#kinds.get(path)];
  }

  /** Notes that a file is a SQLite database. */
  markDatabase(path: Buffer): void {
    this.#kinds.set(path, numberOf('database'));
  }

  #count({ sizeBytes }: Member): void {
    this.files++;
    this.bytes += sizeBytes;
    if (this.files >= MANY_ENTRIES && this.files % ENTRIES_BETWEEN_COLLECTIONS === 0) collectGarbage();
    const { bytes, files } = this.#limits;
    if (this.files > files) throw new BackupError('integrity', `the archive holds more than the ${files} entries it may hold`);
    if (this.bytes > bytes) throw new BackupError('integrity', `the archive holds more than the ${bytes} bytes it may hold`);
  }

  #missingParents(path: Buffer): readonly Buffer[] {
    const slash = path.lastIndexOf(0x2f);
    if (slash === -1 || this.#lastParent?.equals(path.subarray(0, slash)) === true) return [];
    const missing: Buffer[] = [];
    for (const parent of parentsOf(path)) {
      const kind = this.kindAt(parent);
      if (kind === 'directory' || kind === 'implied') continue;
      if (kind !== undefined) throw refusedEntry(path, `which leads through a ${kind}`);
      this.#kinds.set(parent, numberOf('implied'));
      missing.push(parent);
    }
    this.#implied += missing.length;
    if (this.#implied > IMPLIED_AT_FIRST + IMPLIED_PER_ENTRY * this.files)
      throw new BackupError(
        'integrity',
        `the archive holds ${this.files} entries in more than ${this.#implied} directories: it is not restored`,
      );
    this.#lastParent = Buffer.from(path.subarray(0, slash));
    return missing;
  }

  #add({ path, type }: Member): boolean {
    const present = this.kindAt(path);
    const exists = present === 'implied' && type === 'directory';
    if (present !== undefined && !exists) throw refusedEntry(path, 'which it names twice');
    this.#kinds.set(path, numberOf(type));
    return exists;
  }

  #checkTarget(entry: Member): void {
    const target = linkTargetOf(entry);
    const kind = this.kindAt(target);
    const isFile = kind !== undefined && kind !== 'directory' && kind !== 'implied' && !target.equals(entry.path);
    if (!isFile) throw refusedEntry(entry.path, `a hard link to ${JSON.stringify(printable(target))}, which is no file before it`);
  }
}
