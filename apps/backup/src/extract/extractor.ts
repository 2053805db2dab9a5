import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { DirectoryTree } from '../archive/directory-tree.ts';
import type { ArchiveEntry, ReadEntry } from '../archive/entry.ts';
import { makeFifo } from '../linux.ts';
import { isSqliteDatabase, MAGIC_BYTES } from '../sqlite/snapshot.ts';
import { FileWriter } from './file-writer.ts';
import { Members, type ContentLimits } from './members.ts';
import { MetadataWriter } from './metadata.ts';
import { DiskFullError } from './space.ts';

/** A file that tells what the file system can do; gone before the first entry. */
const PROBE = '.eevee-probe';

/** What has been unpacked. */
export interface Extracted {
  readonly files: number;
  readonly bytes: number;
  /** Relative paths of SQLite databases among the files. */
  readonly databases: readonly Buffer[];
}

/** How a folder is unpacked into. */
export interface ExtractOptions {
  readonly limits: ContentLimits;
  /** Bytes that may be written: more would fill the disk. */
  readonly roomBytes: number;
  readonly signal: AbortSignal;
  readonly onWarning: (warning: string) => void;
  /** Called with the bytes of each chunk of content. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Unpacks entries into an empty folder that nobody else writes into. Nothing is written outside it: paths and hard links
 * that lead out, paths through a symlink or a file, devices and entries of a path that was there already are refused.
 * Holes come back as such; modes and times of folders are set last.
 *
 * @throws BackupError `integrity` for what is refused; DiskFullError; Error of the file system.
 */
export async function extractEntries(entries: AsyncIterable<ReadEntry>, folder: string, options: ExtractOptions): Promise<Extracted> {
  using tree = new DirectoryTree(folder);
  const extractor = new Extractor(tree, await FileWriter.at(tree.at(Buffer.from(PROBE))), options);
  try {
    for await (const entry of entries) {
      options.signal.throwIfAborted();
      await extractor.extract(entry);
    }
    await extractor.finish();
    return extractor.extracted();
  } finally {
    // Nothing must be written any more when the folder is removed.
    await extractor.ended();
  }
}

class Extractor {
  readonly #tree: DirectoryTree;
  readonly #files: FileWriter;
  readonly #options: ExtractOptions;
  readonly #metadata: MetadataWriter;
  readonly #members: Members;
  readonly #directories: ArchiveEntry[] = [];
  readonly #databases: Buffer[] = [];
  #root: ArchiveEntry | undefined;
  #roomBytes: number;

  constructor(tree: DirectoryTree, files: FileWriter, options: ExtractOptions) {
    this.#tree = tree;
    this.#files = files;
    this.#options = options;
    this.#members = new Members(options.limits);
    this.#roomBytes = options.roomBytes;
    this.#metadata = new MetadataWriter(tree, options.onWarning);
  }

  async extract(entry: ReadEntry): Promise<void> {
    const admission = this.#members.admit(entry);
    if (admission === undefined) return;
    if (entry.path.length === 0) {
      this.#root = entry;
      return;
    }
    for (const parent of admission.missingParents) mkdirSync(this.#tree.at(parent), { mode: 0o755 });
    await this.#make(entry, admission.exists);
  }

  /** Modes and times of folders: writing into them would have been refused, or have changed them. */
  async finish(): Promise<void> {
    await this.#files.settle();
    for (const directory of this.#directories.toReversed()) this.#metadata.apply(directory);
    if (this.#root !== undefined) this.#metadata.apply(this.#root);
    this.#metadata.finish();
  }

  ended(): Promise<void> {
    return this.#files.ended();
  }

  extracted(): Extracted {
    return { files: this.#members.files, bytes: this.#members.bytes, databases: this.#databases };
  }

  async #make(entry: ReadEntry, exists: boolean): Promise<void> {
    switch (entry.type) {
      case 'directory':
        if (!exists) mkdirSync(this.#tree.at(entry.path), { mode: 0o700 });
        // Its body would keep the whole archive in memory.
        this.#directories.push({ ...entry, body: undefined } as ArchiveEntry);
        return;
      case 'symlink':
        symlinkSync(entry.linkTarget ?? Buffer.alloc(0), this.#tree.at(entry.path));
        return this.#metadata.apply(entry);
      case 'hardlink':
        return this.#link(entry);
      case 'fifo':
        makeFifo(this.#tree.at(entry.path), 0o600);
        return this.#metadata.apply(entry);
      case 'file':
        return this.#file(entry);
      case 'character-device':
      case 'block-device':
      case 'other':
        throw new TypeError(`isWanted lets no ${entry.type} through`);
    }
  }

  async #link({ path, linkTarget = Buffer.alloc(0) }: ReadEntry): Promise<void> {
    await this.#files.settle();
    // Each of the two paths is good until the next is asked for.
    const target = Buffer.from(this.#tree.at(linkTarget));
    using own = new DirectoryTree(this.#tree.at(Buffer.alloc(0)));
    linkSync(target, own.at(path));
  }

  /** Files are written while the next are read: making one takes the kernel longer than filling it. */
  async #file(entry: ReadEntry): Promise<void> {
    const { onProgress, signal } = this.#options;
    let beginning = Buffer.alloc(0);
    await this.#files.write({
      path: this.#tree.at(entry.path),
      sizeBytes: entry.sizeBytes,
      body: entry.body,
      onChunk: (chunk, position) => {
        signal.throwIfAborted();
        if (position < MAGIC_BYTES) beginning = Buffer.concat([beginning, chunk.subarray(0, MAGIC_BYTES)]);
        onProgress?.(chunk.length);
      },
      onData: (bytes) => this.#take(bytes),
      onWritten: () => {
        signal.throwIfAborted();
        if (isSqliteDatabase(beginning)) this.#databases.push(entry.path);
        this.#metadata.apply(entry);
      },
    });
    // The path is good only until the next is asked for.
    if (!this.#tree.isDirect(entry.path)) await this.#files.settle();
  }

  #take(bytes: number): void {
    this.#roomBytes -= bytes;
    if (this.#roomBytes < 0) throw new DiskFullError(`the archive holds more than the ${this.#options.roomBytes} bytes that are free`);
  }
}
