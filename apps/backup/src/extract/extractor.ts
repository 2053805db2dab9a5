import { close, constants, ftruncateSync, linkSync, mkdirSync, open, symlinkSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { DirectoryTree } from '../archive/directory-tree.ts';
import { printable, type ArchiveEntry, type ReadEntry } from '../archive/entry.ts';
import { BackupError } from '../errors.ts';
import { makeFifo } from '../linux.ts';
import { isSqliteDatabase, MAGIC_BYTES } from '../sqlite/snapshot.ts';
import { InBackground } from '../in-background.ts';
import { isWanted, pathNames } from './member-path.ts';
import { MetadataWriter } from './metadata.ts';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const writeAsync = promisify(write);

/** Zeros of this many bytes in a row become a hole. */
const HOLE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE_BYTES);

/** Files up to this size are held in memory until they are written. */
const SMALL_BYTES = 256 * 1024;

/** Files that are written at once. */
const FILES_AT_ONCE = 8;

/** What the archive may hold at the most. */
export interface ExtractLimits {
  /** Bytes of content; undefined where nobody said how many there are. */
  readonly bytes: number | undefined;
  /** Entries. */
  readonly files: number | undefined;
}

/** What has been unpacked. */
export interface Extracted {
  readonly files: number;
  readonly bytes: number;
  /** Relative paths of SQLite databases among the files. */
  readonly databases: readonly Buffer[];
}

/** How a folder is unpacked into. */
export interface ExtractOptions {
  readonly limits: ExtractLimits;
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
 * @throws BackupError `integrity` for what is refused; Error of the file system.
 */
export async function extractEntries(entries: AsyncIterable<ReadEntry>, folder: string, options: ExtractOptions): Promise<Extracted> {
  using tree = new DirectoryTree(folder);
  const extractor = new Extractor(tree, options);
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
  readonly #options: ExtractOptions;
  readonly #metadata: MetadataWriter;
  /** What each path has become, by its bytes. */
  readonly #made = new Map<string, ArchiveEntry['type']>([['', 'directory']]);
  readonly #directories: ArchiveEntry[] = [];
  readonly #databases: Buffer[] = [];
  readonly #writing = new InBackground(FILES_AT_ONCE);
  #root: ArchiveEntry | undefined;
  #files = 0;
  #bytes = 0;

  constructor(tree: DirectoryTree, options: ExtractOptions) {
    this.#tree = tree;
    this.#options = options;
    this.#metadata = new MetadataWriter(tree, options.onWarning);
  }

  async extract(entry: ReadEntry): Promise<void> {
    this.#count(entry);
    if (!isWanted(entry)) return;
    if (entry.path.length === 0) {
      if (this.#root !== undefined) throw twice(entry.path);
      this.#root = entry;
      return;
    }
    this.#makeParents(entry.path);
    const key = entry.path.toString('latin1');
    // A folder that was made for what is in it may be described afterwards.
    const isImplied =
      this.#made.get(key) === 'directory' && entry.type === 'directory' && !this.#directories.some(({ path }) => path.equals(entry.path));
    if (this.#made.has(key) && !isImplied) throw twice(entry.path);
    this.#made.set(key, entry.type);
    await this.#make(entry, isImplied);
  }

  /** Modes and times of folders: writing into them would have been refused, or have changed them. */
  async finish(): Promise<void> {
    await this.#writing.settle();
    for (const directory of this.#directories.toReversed()) this.#metadata.apply(directory);
    if (this.#root !== undefined) this.#metadata.apply(this.#root);
  }

  ended(): Promise<void> {
    return this.#writing.ended();
  }

  extracted(): Extracted {
    return { files: this.#files, bytes: this.#bytes, databases: this.#databases };
  }

  #count({ sizeBytes }: ReadEntry): void {
    const { limits } = this.#options;
    this.#files++;
    this.#bytes += sizeBytes;
    if (limits.files !== undefined && this.#files > limits.files) {
      throw new BackupError('integrity', `the archive holds more than the ${limits.files} entries it was made with`);
    }
    if (limits.bytes !== undefined && this.#bytes > limits.bytes) {
      throw new BackupError('integrity', `the archive holds more than the ${limits.bytes} bytes it was made with`);
    }
  }

  #makeParents(path: Buffer): void {
    const names = pathNames(path);
    let end = 0;
    for (const name of names.slice(0, -1)) {
      end += name.length + (end === 0 ? 0 : 1);
      const parent = path.subarray(0, end);
      const key = parent.toString('latin1');
      const type = this.#made.get(key);
      if (type === 'directory') continue;
      if (type !== undefined) {
        throw new BackupError(
          'integrity',
          `the archive holds ${JSON.stringify(printable(path))}, which leads through a ${type}: it is not restored`,
        );
      }
      mkdirSync(this.#tree.at(parent), { mode: 0o755 });
      this.#made.set(key, 'directory');
    }
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
    await this.#writing.settle();
    const type = this.#made.get(linkTarget.toString('latin1'));
    if (type === undefined || type === 'directory') {
      throw new BackupError(
        'integrity',
        `the archive holds ${JSON.stringify(printable(path))}, a hard link to ${JSON.stringify(printable(linkTarget))}, which is no file before it: it is not restored`,
      );
    }
    // Each of the two paths is good until the next is asked for.
    const target = Buffer.from(this.#tree.at(linkTarget));
    using own = new DirectoryTree(this.#tree.at(Buffer.alloc(0)));
    linkSync(target, own.at(path));
  }

  /** Small files are written while the next are read: making a file takes the kernel longer than filling it. */
  async #file(entry: ReadEntry): Promise<void> {
    if (entry.sizeBytes > SMALL_BYTES || !this.#tree.isDirect(entry.path)) return this.#write(entry, entry.body);
    const pieces: Buffer[] = [];
    for await (const chunk of entry.body) pieces.push(chunk);
    await this.#writing.begin(() => this.#write(entry, pieces));
  }

  async #write(entry: ArchiveEntry, body: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    const fd = await openAsync(
      this.#tree.at(entry.path),
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    let beginning = Buffer.alloc(0);
    let position = 0;
    try {
      for await (const chunk of body) {
        if (position < MAGIC_BYTES) beginning = Buffer.concat([beginning, chunk.subarray(0, MAGIC_BYTES)]);
        await writeChunk(fd, chunk, position);
        position += chunk.length;
        this.#options.onProgress?.(chunk.length);
        this.#options.signal.throwIfAborted();
      }
      // A hole at the end has not been written.
      if (position >= HOLE_BYTES) ftruncateSync(fd, position);
    } finally {
      await closeAsync(fd);
    }
    if (isSqliteDatabase(beginning)) this.#databases.push(entry.path);
    this.#metadata.apply(entry);
  }
}

const twice = (path: Buffer): BackupError =>
  new BackupError('integrity', `the archive holds ${JSON.stringify(printable(path))} twice: it is not restored`);

/** Writes all of a chunk but long runs of zeros. */
async function writeChunk(fd: number, chunk: Buffer, position: number): Promise<void> {
  let dataFrom = 0;
  for (let at = 0; at < chunk.length; at += HOLE_BYTES) {
    const block = chunk.subarray(at, at + HOLE_BYTES);
    if (!block.equals(block.length === HOLE_BYTES ? ZEROS : ZEROS.subarray(0, block.length))) continue;
    await writeData(fd, chunk.subarray(dataFrom, at), position + dataFrom);
    dataFrom = at + block.length;
  }
  await writeData(fd, chunk.subarray(dataFrom), position + dataFrom);
}

async function writeData(fd: number, bytes: Buffer, position: number): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    from += (await writeAsync(fd, bytes, from, bytes.length - from, position + from)).bytesWritten;
  }
}
