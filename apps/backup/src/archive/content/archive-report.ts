import { shortenedText } from '../../shortened-text.ts';
import type { ArchivedContent } from './file-content.ts';
import { printable } from '../tar/entry.ts';
import { TreeDigest, type DigestedEntry } from './tree-digest.ts';
import { errorName, isGone, isUnreadable } from '../walk/entry-errors.ts';
import type { FoundEntry } from '../walk/walk.ts';

/** Maximum length of a path in a warning, in bytes. */
const LONGEST_NAME_IN_WARNING_BYTES = 256;

/** Contents of an archive. */
export interface ArchiveSummary {
  /** Entries of all kinds. */
  files: number;
  /** Size of the files' content. */
  uncompressedBytes: number;
  /** Size of the files' content without holes. */
  allocatedBytes: number;
  /** Entries and directory contents that are missing because they could not be read. */
  leftOut: number;
  /** Files whose content is not a consistent snapshot. */
  damaged: number;
  /** Digest of all entries. */
  readonly digest: TreeDigest;
}

/** A summary of an empty archive, updated while the archive is written. */
export const emptySummary = (): ArchiveSummary => ({
  files: 0,
  uncompressedBytes: 0,
  allocatedBytes: 0,
  leftOut: 0,
  damaged: 0,
  digest: new TreeDigest(),
});

/** Counts archived entries in a summary, and reports the others as warnings. */
export class ArchiveReport {
  readonly #summary: ArchiveSummary;
  readonly #onWarning: (warning: string) => void;

  constructor(summary: ArchiveSummary, onWarning: (warning: string) => void) {
    this.#summary = summary;
    this.#onWarning = onWarning;
  }

  /** Counts an entry without content of its own. */
  addEntry({ path, stats }: FoundEntry, more: Pick<DigestedEntry, 'content' | 'linkTarget'> = {}): void {
    this.#summary.files++;
    const type = stats.isDirectory() ? 'directory' : stats.isFIFO() ? 'fifo' : stats.isSymbolicLink() ? 'symlink' : 'file';
    this.#summary.digest.add({ path, type, mode: Number(stats.mode & 0o7777n), ...more });
  }

  /** Counts a file and its content. */
  addFile(found: FoundEntry, content: ArchivedContent): void {
    this.#summary.uncompressedBytes += content.sizeBytes;
    this.#summary.allocatedBytes += content.sizeBytes - content.holeBytes;
    this.addEntry(found, { content });
  }

  /**
   * Reports an entry that could not be opened or read.
   *
   * @throws the error, if it does not concern a single entry.
   */
  failed(path: Buffer, error: unknown): undefined {
    if (isGone(error)) return this.warn(path, 'was removed or changed its type and is left out');
    if (!isUnreadable(error)) throw error;
    this.leftOut(path, `could not be read (${errorName(error)}) and is left out`);
  }

  leftOut(path: Buffer, what: string): void {
    this.#summary.leftOut++;
    this.warn(path, what);
  }

  damaged(path: Buffer, what: string): void {
    this.#summary.damaged++;
    this.warn(path, what);
  }

  warn(path: Buffer, what: string): undefined {
    // Shorten the path instead of the reason at the end.
    const name = path.length === 0 ? 'the root' : shortenedText(printable(path), LONGEST_NAME_IN_WARNING_BYTES);
    this.#onWarning(`${name} ${what}`);
  }
}
