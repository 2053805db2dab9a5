/**
 * Writing an archive:
 *
 *     walk/ → content/ → chunks/ → compression/ → transfer/
 *
 * The walk finds entries, `content/` reads them while other programs may change them, and the bytes of the tar stream are collected in
 * chunks, which are compressed in batches and uploaded in parts. Reading goes the other way: `compression/decompress.ts`, then
 * `tar/read.ts`.
 *
 * Terms for ranges of bytes, used everywhere in this app:
 * - chunk: a buffer of up to 1 MiB of the tar stream
 * - block: 512 bytes of a tar archive, or the unit of a disk or compression format
 * - batch: chunks that are compressed together
 * - segment: the part of a chunk that compresses uniformly
 * - member, frame: an independently compressed unit of gzip, of zstd
 * - part: a unit of a multipart upload
 * - extent: a range of a file without holes
 * - slab: a page-aligned buffer for O_DIRECT
 */
import { closeSync } from 'node:fs';
import { DirectoryTree } from '../file-system/directory-tree.ts';
import { ArchiveReport, type ArchiveSummary } from './content/archive-report.ts';
import type { ChunkPool } from './chunks/chunk-pool.ts';
import { ChunkWriter } from './chunks/chunk-writer.ts';
import { FileContent, REREAD_BYTES, type ArchivedContent, type OpenFile } from './content/file-content.ts';
import { HeaderEntries, type HeaderEntry } from './content/header-entries.ts';
import { SourceFiles } from './content/source-files.ts';
import { entryHeader } from './tar/entry-header.ts';
import type { ArchiveEntry } from './tar/entry.ts';
import { BLOCK_BYTES } from './tar/header.ts';
import { errorName } from './walk/entry-errors.ts';
import { Exclusions } from './walk/exclusions.ts';
import { walk, type FoundEntry } from './walk/walk.ts';

/** A tar archive ends with two blocks of zeros. */
const END_BYTES = 2 * BLOCK_BYTES;

/** Options of {@link archiveStream}. */
export interface ArchiveOptions {
  readonly exclude: readonly string[];
  /** Directory for temporary copies of SQLite databases. */
  readonly temporaryDirectory: string;
  readonly onWarning: (warning: string) => void;
  /** Source of the chunks; the consumer may return them to it after use. */
  readonly pool: ChunkPool;
  /** Called with the number of content bytes that were archived. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Archives a directory as a tar stream in chunks of 1 MiB, while other programs may write to it. SQLite databases are archived from
 * consistent copies; small files that change are reread. A file that grows is truncated to its original size, one that shrinks is padded
 * with zeros, and one that is removed or cannot be read is left out. Each of these causes a warning, and the archive remains well-formed.
 *
 * @param summary is updated while the stream is read.
 * @throws Error of the file system when the root directory cannot be read; the signal's reason.
 */
export async function* archiveStream(root: string, options: ArchiveOptions, summary: ArchiveSummary): AsyncGenerator<Buffer> {
  using tree = new DirectoryTree(root);
  yield* new Archiver(tree, options, summary).run();
}

class Archiver {
  readonly #tree: DirectoryTree;
  readonly #options: ArchiveOptions;
  readonly #report: ArchiveReport;
  readonly #writer: ChunkWriter;
  readonly #files: SourceFiles;
  readonly #entries: HeaderEntries;
  readonly #content: FileContent;

  constructor(tree: DirectoryTree, options: ArchiveOptions, summary: ArchiveSummary) {
    const { temporaryDirectory, signal, onWarning } = options;
    const report = new ArchiveReport(summary, onWarning);
    this.#tree = tree;
    this.#options = options;
    this.#report = report;
    this.#writer = new ChunkWriter(options.pool);
    this.#files = new SourceFiles({ tree, temporaryDirectory, report, signal });
    this.#entries = new HeaderEntries({ tree, files: this.#files, report });
    this.#content = new FileContent({
      tree,
      writer: this.#writer,
      writeHeader: ({ path, stats, described = stats, xattrs }, sizeBytes) => {
        const header = { ...common({ path, stats: described }), type: 'file', sizeBytes } as const;
        this.#writer.write(entryHeader(xattrs === undefined ? header : { ...header, xattrs }));
      },
      onWarning,
      onDamaged: (path, what) => report.damaged(path, what),
      onUnreadable: (path, what) => report.leftOut(path, what),
      onProgress: (bytes) => options.onProgress?.(bytes),
      signal,
    });
  }

  async *run(): AsyncGenerator<Buffer> {
    const entries = walk(this.#tree, {
      exclude: new Exclusions(this.#options.exclude),
      onWarning: this.#options.onWarning,
      onUnreadable: (path, what, error) => {
        const subject = what === 'entry' ? 'it is' : 'its contents are';
        this.#report.leftOut(path, `could not be read (${errorName(error)}): ${subject} left out`);
      },
    });
    for (const found of entries) {
      this.#options.signal.throwIfAborted();
      const streamed = this.#files.isCovered(found) ? undefined : await this.#entry(found);
      for (const chunk of this.#writer.take()) yield chunk;
      if (streamed !== undefined) yield* streamed;
    }
    this.#writer.zeros(END_BYTES);
    yield* this.#writer.end();
  }

  /** Archives an entry. For a file that is too large for memory, returns a generator that archives it. */
  async #entry(found: FoundEntry): Promise<AsyncGenerator<Buffer> | undefined> {
    const described = this.#entries.describe(found);
    if (described === 'content') return await this.#file(found.path);
    if (described !== undefined) this.#write(found, described);
    return undefined;
  }

  #write(found: FoundEntry, { header, digested }: HeaderEntry): void {
    this.#report.addEntry(found, digested);
    this.#writer.write(entryHeader({ ...common(found), ...header, sizeBytes: 0 }));
  }

  async #file(path: Buffer): Promise<AsyncGenerator<Buffer> | undefined> {
    const file = await this.#files.open(path);
    if (file === undefined) return undefined;
    if (file.described !== undefined || file.stats.size > REREAD_BYTES) return this.#streamed(file);
    try {
      this.#count(file, await this.#content.whole(file));
    } finally {
      closeSync(file.fd);
    }
    return undefined;
  }

  async *#streamed(file: OpenFile): AsyncGenerator<Buffer> {
    try {
      this.#count(file, yield* this.#content.streamed(file));
    } finally {
      closeSync(file.fd);
    }
  }

  #count({ path, stats, described = stats }: OpenFile, content: ArchivedContent | undefined): void {
    if (content === undefined) return;
    this.#report.addFile({ path, stats: described }, content);
    this.#entries.addContent(described, { path, content });
  }
}

const common = ({ path, stats }: FoundEntry): Pick<ArchiveEntry, 'path' | 'mode' | 'uid' | 'gid' | 'mtimeNs'> => ({
  path,
  mode: Number(stats.mode & 0o7777n),
  uid: Number(stats.uid),
  gid: Number(stats.gid),
  mtimeNs: stats.mtimeNs,
});
