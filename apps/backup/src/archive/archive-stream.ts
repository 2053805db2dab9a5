import { closeSync, constants, fstatSync, openSync, readlinkSync, rmSync, type BigIntStats } from 'node:fs';
import type { ExtendedAttributes } from '../file-system/extended-attributes.ts';
import { shortenedText } from '../output/shortened-text.ts';
import { HEADER_BYTES } from '../sqlite/snapshot.ts';
import { AttributeReader } from './content/attribute-reader.ts';
import type { ChunkPool } from './chunks/chunk-pool.ts';
import { ChunkWriter } from './chunks/chunk-writer.ts';
import { DatabaseCopies } from './content/database-copies.ts';
import { DirectoryTree } from '../file-system/directory-tree.ts';
import { errorName, isGone, isUnreadable } from './walk/entry-errors.ts';
import { entryHeader } from './tar/entry-header.ts';
import { printable, type ArchiveEntry } from './tar/entry.ts';
import { Exclusions } from './walk/exclusions.ts';
import { FileContent, REREAD_BYTES, type ArchivedContent, type OpenFile } from './content/file-content.ts';
import { HardLinks, type FirstName } from './content/hard-links.ts';
import { BLOCK_BYTES } from './tar/header.ts';
import { TreeDigest, type DigestedEntry } from './tree-digest.ts';
import { walk, type FoundEntry } from './walk/walk.ts';

/** A tar archive ends with two blocks of zeros. */
const END_BYTES = 2 * BLOCK_BYTES;

/** Maximum length of a path in a warning, in bytes. */
const LONGEST_NAME_IN_WARNING_BYTES = 256;

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

/** A summary of an empty archive, updated by {@link archiveStream}. */
export const emptySummary = (): ArchiveSummary => ({
  files: 0,
  uncompressedBytes: 0,
  allocatedBytes: 0,
  leftOut: 0,
  damaged: 0,
  digest: new TreeDigest(),
});

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
  readonly #summary: ArchiveSummary;
  readonly #writer: ChunkWriter;
  readonly #links = new HardLinks();
  readonly #databases: DatabaseCopies;
  readonly #content: FileContent;
  readonly #attributeReader = new AttributeReader();

  constructor(tree: DirectoryTree, options: ArchiveOptions, summary: ArchiveSummary) {
    this.#tree = tree;
    this.#options = options;
    this.#summary = summary;
    this.#writer = new ChunkWriter(options.pool);
    const { temporaryDirectory, signal, onWarning } = options;
    const onDamaged = (path: Buffer, what: string) => this.#damaged(path, what);
    this.#databases = new DatabaseCopies({ tree, temporaryDirectory, onDamaged, signal });
    this.#content = new FileContent({
      tree,
      writer: this.#writer,
      writeHeader: ({ path, stats, described = stats, xattrs }, sizeBytes) => {
        const header = { ...common({ path, stats: described }), type: 'file', sizeBytes } as const;
        this.#writer.write(entryHeader(xattrs === undefined ? header : { ...header, xattrs }));
      },
      onWarning,
      onDamaged,
      onUnreadable: (path, what) => this.#leftOut(path, what),
      onProgress: (bytes) => options.onProgress?.(bytes),
      signal,
    });
  }

  async *run(): AsyncGenerator<Buffer> {
    const entries = walk(this.#tree, {
      exclude: new Exclusions(this.#options.exclude),
      onWarning: this.#options.onWarning,
      onUnreadable: (path, what, error) => {
        this.#leftOut(path, `could not be read (${errorName(error)}): ${what === 'entry' ? 'it is' : 'its contents are'} left out`);
      },
    });
    for (const found of entries) {
      this.#options.signal.throwIfAborted();
      const streamed = this.#databases.contains(found) ? undefined : await this.#entry(found);
      for (const chunk of this.#writer.take()) yield chunk;
      if (streamed !== undefined) yield* streamed;
    }
    this.#writer.zeros(END_BYTES);
    yield* this.#writer.end();
  }

  /** Archives an entry. For a file that is too large for memory, returns a generator that archives it. */
  async #entry(found: FoundEntry): Promise<AsyncGenerator<Buffer> | undefined> {
    const first = this.#links.firstName(found.stats);
    if (first !== undefined) return this.#link(found, first);
    return found.stats.isFile() ? await this.#file(found.path) : this.#other(found);
  }

  #link(found: FoundEntry, { path, content }: FirstName): undefined {
    let linkTarget: Buffer | undefined;
    try {
      if (found.stats.isSymbolicLink()) linkTarget = readlinkSync(this.#tree.at(found.path), { encoding: 'buffer' });
    } catch (error) {
      return this.#notOpened(found.path, error);
    }
    this.#digest(found, { content, linkTarget });
    this.#write(found, { type: 'hardlink', linkTarget: path });
  }

  #other(found: FoundEntry): undefined {
    const { path, stats } = found;
    const at = this.#tree.at(path);
    const xattrs = this.#attributes(path, at, stats);
    if (stats.isDirectory()) {
      this.#digest(found);
      return this.#write(found, { type: 'directory', ...xattrs });
    }
    if (stats.isFIFO()) {
      this.#digest(found);
      this.#links.add(stats, { path, content: undefined });
      return this.#write(found, { type: 'fifo', ...xattrs });
    }
    let linkTarget: Buffer;
    try {
      linkTarget = readlinkSync(this.#tree.at(path), { encoding: 'buffer' });
    } catch (error) {
      return this.#notOpened(path, error);
    }
    this.#digest(found, { linkTarget });
    this.#links.add(stats, { path, content: undefined });
    this.#write(found, { type: 'symlink', linkTarget, ...xattrs });
  }

  async #file(path: Buffer): Promise<AsyncGenerator<Buffer> | undefined> {
    const file = this.#open(path);
    if (file === undefined) return undefined;
    let isStreamed = false;
    try {
      const copy = file.stats.size < HEADER_BYTES ? undefined : await this.#databases.copyOf(file);
      isStreamed = copy !== undefined || file.stats.size > REREAD_BYTES;
      if (copy !== undefined) return this.#copied(file, copy);
      if (isStreamed) return this.#streamed(file);
      this.#count(file, await this.#content.whole(file));
      return undefined;
    } finally {
      if (!isStreamed) closeSync(file.fd);
    }
  }

  async *#streamed(file: OpenFile): AsyncGenerator<Buffer> {
    try {
      this.#count(file, yield* this.#content.streamed(file));
    } finally {
      closeSync(file.fd);
    }
  }

  /** Archives the copy of a database in place of the database. */
  async *#copied(file: OpenFile, copy: string): AsyncGenerator<Buffer> {
    closeSync(file.fd);
    const fd = openSync(copy, constants.O_RDONLY);
    // Unlinked at once, so that the copy does not outlive the process.
    rmSync(copy);
    yield* this.#streamed({ ...file, fd, stats: fstatSync(fd, { bigint: true }), described: file.stats });
  }

  /** Opens a file if it still is one. Uses the stats of the open file, because another one may have replaced the one that was found. */
  #open(path: Buffer): OpenFile | undefined {
    let fd: number;
    try {
      // If it was replaced, a FIFO must not block and a symlink must not be followed.
      fd = openSync(this.#tree.at(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      return this.#notOpened(path, error);
    }
    let stats: BigIntStats;
    try {
      stats = fstatSync(fd, { bigint: true });
    } catch (error) {
      closeSync(fd);
      return this.#notOpened(path, error);
    }
    if (stats.isFile()) return { path, fd, stats, ...this.#attributes(path, fd, stats) };
    closeSync(fd);
    this.#warn(path, 'is no longer a regular file and is left out');
    return undefined;
  }

  #attributes(path: Buffer, target: number | Buffer, { dev }: BigIntStats): { readonly xattrs?: ExtendedAttributes } {
    try {
      const xattrs = this.#attributeReader.read(target, dev);
      return xattrs === undefined ? {} : { xattrs };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (!isGone(error)) this.#warn(path, `has extended attributes that could not be read (${errorName(error)}) and are left out`);
      return {};
    }
  }

  #write(found: FoundEntry, entry: Pick<ArchiveEntry, 'type' | 'linkTarget' | 'xattrs'>): undefined {
    this.#summary.files++;
    this.#writer.write(entryHeader({ ...common(found), ...entry, sizeBytes: 0 }));
  }

  #count({ path, stats, described = stats }: OpenFile, content: ArchivedContent | undefined): void {
    if (content === undefined) return;
    this.#summary.files++;
    this.#summary.uncompressedBytes += content.sizeBytes;
    this.#summary.allocatedBytes += content.sizeBytes - content.holeBytes;
    this.#digest({ path, stats: described }, { content });
    this.#links.add(described, { path, content });
  }

  #digest({ path, stats }: FoundEntry, more: Pick<DigestedEntry, 'content' | 'linkTarget'> = {}): void {
    const type = stats.isDirectory() ? 'directory' : stats.isFIFO() ? 'fifo' : stats.isSymbolicLink() ? 'symlink' : 'file';
    this.#summary.digest.add({ path, type, mode: Number(stats.mode & 0o7777n), ...more });
  }

  #notOpened(path: Buffer, error: unknown): undefined {
    if (isGone(error)) return this.#warn(path, 'was removed or changed its type and is left out');
    if (!isUnreadable(error)) throw error;
    this.#leftOut(path, `could not be read (${errorName(error)}) and is left out`);
  }

  #leftOut(path: Buffer, what: string): void {
    this.#summary.leftOut++;
    this.#warn(path, what);
  }

  #damaged(path: Buffer, what: string): void {
    this.#summary.damaged++;
    this.#warn(path, what);
  }

  #warn(path: Buffer, what: string): undefined {
    // Shorten the path instead of the reason at the end.
    const name = path.length === 0 ? 'the root' : shortenedText(printable(path), LONGEST_NAME_IN_WARNING_BYTES);
    this.#options.onWarning(`${name} ${what}`);
  }
}

const common = ({ path, stats }: FoundEntry): Pick<ArchiveEntry, 'path' | 'mode' | 'uid' | 'gid' | 'mtimeNs'> => ({
  path,
  mode: Number(stats.mode & 0o7777n),
  uid: Number(stats.uid),
  gid: Number(stats.gid),
  mtimeNs: stats.mtimeNs,
});
