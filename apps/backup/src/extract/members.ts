import { printable, type ArchiveEntry, type EntryType } from '../archive/entry.ts';
import { BackupError } from '../errors.ts';
import { isWanted, pathNames } from './member-path.ts';

/** What an archive may hold at the most. */
export interface ContentLimits {
  /** Bytes of content. */
  readonly bytes: number;
  /** Entries. */
  readonly files: number;
}

/** An entry that may be unpacked. */
export interface Admission {
  /** Folders above it that no entry has named so far, the topmost first. */
  readonly missingParents: readonly Buffer[];
  /** Whether it is such a folder, and so is there already. */
  readonly exists: boolean;
}

type Member = Pick<ArchiveEntry, 'path' | 'type' | 'linkTarget' | 'sizeBytes'>;

/**
 * Which entries of an archive may be unpacked, one after the other into an empty folder. Refuses whatever would lead out
 * of it or over what is there already: unpacking and checking without unpacking go by the same rules.
 */
export class Members {
  files = 0;
  bytes = 0;
  readonly #limits: ContentLimits;
  /** What is at each path, by its bytes; a folder is implied as long as only what is in it has been named. */
  readonly #made = new Map<string, EntryType | 'implied'>();

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

  #count({ sizeBytes }: Member): void {
    this.files++;
    this.bytes += sizeBytes;
    const { bytes, files } = this.#limits;
    if (this.files > files) throw new BackupError('integrity', `the archive holds more than the ${files} entries it may hold`);
    if (this.bytes > bytes) throw new BackupError('integrity', `the archive holds more than the ${bytes} bytes it may hold`);
  }

  #missingParents(path: Buffer): readonly Buffer[] {
    const missing: Buffer[] = [];
    let end = 0;
    for (const name of pathNames(path).slice(0, -1)) {
      end += name.length + (end === 0 ? 0 : 1);
      const parent = path.subarray(0, end);
      const key = parent.toString('latin1');
      const type = this.#made.get(key);
      if (type === 'directory' || type === 'implied') continue;
      if (type !== undefined) throw refused(path, `which leads through a ${type}`);
      this.#made.set(key, 'implied');
      missing.push(parent);
    }
    return missing;
  }

  #add({ path, type }: Member): boolean {
    const key = path.toString('latin1');
    const present = this.#made.get(key);
    const exists = present === 'implied' && type === 'directory';
    if (present !== undefined && !exists) throw refused(path, 'twice');
    this.#made.set(key, type);
    return exists;
  }

  #checkTarget({ path, linkTarget = Buffer.alloc(0) }: Member): void {
    const target = this.#made.get(linkTarget.toString('latin1'));
    const isFile = target !== undefined && target !== 'directory' && target !== 'implied' && !linkTarget.equals(path);
    if (!isFile) throw refused(path, `a hard link to ${JSON.stringify(printable(linkTarget))}, which is no file before it`);
  }
}

const refused = (path: Buffer, why: string): BackupError =>
  new BackupError(
    'integrity',
    `the archive holds ${JSON.stringify(printable(path))}${why === 'twice' ? '' : ','} ${why}: it is not restored`,
  );
