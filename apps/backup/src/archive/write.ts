import { closeSync, constants, fstatSync, openSync, read, readlinkSync, readSync, rmSync, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import { nextData } from '../linux.ts';
import { COMPANION_ENDINGS, HEADER_BYTES, isSqliteDatabase, SnapshotError, sqliteSnapshot } from '../sqlite/snapshot.ts';
import { CHUNK_BYTES, type ChunkPool, ZEROS } from './chunk-pool.ts';
import { DirectoryTree } from './directory-tree.ts';
import { entryHeader } from './entry-header.ts';
import { printable, type ArchiveEntry } from './entry.ts';
import { BLOCK_BYTES } from './header.ts';
import { walk, type Found } from './walk.ts';

const readAsync = promisify(read);

/** Files up to this size are read without leaving the thread: a round trip through libuv's pool costs more. */
const SYNC_BYTES = 256 * 1024;

/** An archive ends with two blocks of zeros. */
const END_BYTES = 2 * BLOCK_BYTES;

/** What is archived, and how. */
export interface ArchiveOptions {
  readonly exclude: readonly string[];
  /** Where copies of SQLite databases are put for a moment. */
  readonly temporaryDirectory: string;
  readonly onWarning: (warning: string) => void;
  /** Where the chunks come from; whoever has read one may give it back. */
  readonly pool: ChunkPool;
  /** Called with the bytes of content that went into the archive. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** What went into an archive. */
export interface ArchiveSummary {
  /** Entries of all kinds. */
  files: number;
  /** Bytes of the files' content. */
  uncompressedBytes: number;
  /** Those without holes. */
  allocatedBytes: number;
}

/**
 * A directory as a tar stream, in chunks of 1 MiB, while programs go on writing into it. A file that grows is cut at
 * the size it had, one that shrinks is filled up with zeros, one that goes away is left out; SQLite databases are copied
 * as of one moment first. Each of these is a warning, and the archive is whole.
 *
 * @param summary is filled in as the stream is read.
 * @throws Error of the file system when something cannot be read; the signal's reason.
 */
export async function* archiveStream(root: string, options: ArchiveOptions, summary: ArchiveSummary): AsyncGenerator<Buffer> {
  using tree = new DirectoryTree(root);
  yield* new Archiver(tree, options, summary).run();
}

/** Counts what {@link archiveStream} would read. */
export function measuredTree(root: string, exclude: readonly string[]): { readonly files: number; readonly bytes: number } {
  using tree = new DirectoryTree(root);
  const total = { files: 0, bytes: 0 };
  for (const { stats } of walk(tree, { exclude, onWarning: () => undefined })) {
    total.files++;
    if (stats.isFile()) total.bytes += Number(stats.size);
  }
  return total;
}

class Archiver {
  readonly #tree: DirectoryTree;
  readonly #options: ArchiveOptions;
  readonly #summary: ArchiveSummary;
  /** First path of each file, symlink and FIFO that may have several names, by {@link inode}. */
  readonly #linked = new Map<string, Buffer>();
  /** Paths that a copied database already contains. */
  readonly #contained = new Set<string>();
  #chunk: Buffer;
  #filled = 0;

  constructor(tree: DirectoryTree, options: ArchiveOptions, summary: ArchiveSummary) {
    this.#tree = tree;
    this.#options = options;
    this.#summary = summary;
    this.#chunk = options.pool.take();
  }

  async *run(): AsyncGenerator<Buffer> {
    for (const found of walk(this.#tree, this.#options)) {
      this.#options.signal.throwIfAborted();
      if (this.#contained.has(found.path.toString('latin1'))) continue;
      const firstName = found.stats.nlink > 1n ? this.#linked.get(inode(found.stats)) : undefined;
      if (firstName !== undefined && !found.stats.isDirectory()) {
        yield* this.#entry({ ...common(found), type: 'hardlink', sizeBytes: 0, linkTarget: firstName });
      } else if (found.stats.isFile()) yield* this.#file(found);
      else yield* this.#other(found);
    }
    yield* this.#zeros(END_BYTES);
    if (this.#filled > 0) yield this.#chunk.subarray(0, this.#filled);
  }

  async *#other(found: Found): AsyncGenerator<Buffer> {
    const { path, stats } = found;
    if (stats.isDirectory()) return yield* this.#entry({ ...common(found), type: 'directory', sizeBytes: 0 });
    if (stats.isFIFO()) {
      if (stats.nlink > 1n) this.#linked.set(inode(stats), path);
      return yield* this.#entry({ ...common(found), type: 'fifo', sizeBytes: 0 });
    }
    let linkTarget: Buffer;
    try {
      linkTarget = readlinkSync(this.#tree.at(path), { encoding: 'buffer' });
    } catch (error) {
      if (!isGone(error)) throw error;
      return this.#warn(path, 'went away or changed its type and is left out');
    }
    if (stats.nlink > 1n) this.#linked.set(inode(stats), path);
    yield* this.#entry({ ...common(found), type: 'symlink', sizeBytes: 0, linkTarget });
  }

  async *#file({ path }: Found): AsyncGenerator<Buffer> {
    const opened = this.#open(path);
    if (opened === undefined) return;
    // Of what is open: another file may have taken the place of the one that was found.
    const { fd, stats } = opened;
    try {
      const copy = await this.#copyOfDatabase(path, fd, stats);
      if (stats.nlink > 1n) this.#linked.set(inode(stats), path);
      if (copy === undefined) yield* this.#content({ path, stats }, fd);
      else yield* this.#copied({ path, stats }, copy);
    } finally {
      closeSync(fd);
    }
  }

  /** Opens a file, if it still is one. */
  #open(path: Buffer): { readonly fd: number; readonly stats: BigIntStats } | undefined {
    let fd: number;
    try {
      // A FIFO that took its place must not block, a symlink not lead elsewhere.
      fd = openSync(this.#tree.at(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#warn(path, 'went away or changed its type and is left out');
      return undefined;
    }
    const stats = fstatSync(fd, { bigint: true });
    if (stats.isFile()) return { fd, stats };
    closeSync(fd);
    this.#warn(path, 'changed its type and is left out');
    return undefined;
  }

  /** Path of a consistent copy, if the file is a SQLite database that can be copied. */
  async #copyOfDatabase(path: Buffer, fd: number, stats: BigIntStats): Promise<string | undefined> {
    if (stats.size < HEADER_BYTES) return undefined;
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(fd, header, 0, HEADER_BYTES, 0);
    if (!isSqliteDatabase(header)) return undefined;
    try {
      const { temporaryDirectory: directory, signal } = this.#options;
      const copy = await sqliteSnapshot(Buffer.from(this.#tree.at(path)), { directory, header, sizeBytes: Number(stats.size), signal });
      for (const ending of COMPANION_ENDINGS) this.#contained.add(path.toString('latin1') + ending);
      return copy;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.#warn(
        path,
        `is a SQLite database that could not be copied as of one moment (${error.message}) and is backed up as it lies there`,
      );
      return undefined;
    }
  }

  async *#copied(found: Found, copy: string): AsyncGenerator<Buffer> {
    const fd = openSync(copy, constants.O_RDONLY);
    // Nobody needs its name any more: so it goes whatever happens.
    rmSync(copy);
    try {
      yield* this.#content({ ...found, sizeBytes: fstatSync(fd).size }, fd);
    } finally {
      closeSync(fd);
    }
  }

  async *#content(found: Found & { readonly sizeBytes?: number }, fd: number): AsyncGenerator<Buffer> {
    const { path, stats, sizeBytes = Number(stats.size) } = found;
    yield* this.#entry({ ...common({ path, stats }), type: 'file', sizeBytes });
    const isSparse = fstatSync(fd).blocks * 512 < sizeBytes;
    let data = { from: 0, to: isSparse ? 0 : sizeBytes };
    let position = 0;
    while (position < sizeBytes) {
      if (isSparse && position >= data.to) {
        data = nextData(fd, position) ?? { from: sizeBytes, to: sizeBytes };
        const hole = Math.min(data.from, sizeBytes) - position;
        yield* this.#zeros(hole);
        position += hole;
        this.#summary.allocatedBytes -= hole;
        this.#options.onProgress?.(hole);
        continue;
      }
      if (this.#filled === CHUNK_BYTES) yield* this.#flush();
      const wanted = Math.min(CHUNK_BYTES - this.#filled, Math.min(data.to, sizeBytes) - position);
      const bytes =
        sizeBytes <= SYNC_BYTES
          ? readSync(fd, this.#chunk, this.#filled, wanted, position)
          : (await readAsync(fd, this.#chunk, this.#filled, wanted, position)).bytesRead;
      this.#options.signal.throwIfAborted();
      if (bytes === 0) break;
      this.#filled += bytes;
      position += bytes;
      this.#options.onProgress?.(bytes);
    }
    // What is missing at the end of a sparse file looks like one more hole.
    const sizeNow = fstatSync(fd).size;
    if (position < sizeBytes || sizeNow < sizeBytes) {
      const left = Math.min(position, sizeNow);
      this.#warn(path, `shrank from ${sizeBytes} to ${left} bytes while it was read and is filled up with zeros`);
    } else if (sizeNow > sizeBytes) {
      this.#warn(path, `grew while it was read and is cut at ${sizeBytes} bytes`);
    }
    this.#summary.uncompressedBytes += sizeBytes;
    this.#summary.allocatedBytes += sizeBytes;
    yield* this.#zeros(sizeBytes - position + ((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES));
  }

  async *#entry(entry: ArchiveEntry): AsyncGenerator<Buffer> {
    const header = entryHeader(entry);
    this.#summary.files++;
    for (let from = 0; from < header.length;) {
      if (this.#filled === CHUNK_BYTES) yield* this.#flush();
      const bytes = header.copy(this.#chunk, this.#filled, from);
      this.#filled += bytes;
      from += bytes;
    }
  }

  async *#zeros(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (this.#filled === CHUNK_BYTES) yield* this.#flush();
      if (this.#filled === 0 && left >= CHUNK_BYTES) {
        this.#options.signal.throwIfAborted();
        yield ZEROS;
        left -= CHUNK_BYTES;
        continue;
      }
      const end = Math.min(CHUNK_BYTES, this.#filled + left);
      this.#chunk.fill(0, this.#filled, end);
      left -= end - this.#filled;
      this.#filled = end;
    }
  }

  *#flush(): Generator<Buffer> {
    yield this.#chunk;
    this.#chunk = this.#options.pool.take();
    this.#filled = 0;
  }

  #warn(path: Buffer, what: string): void {
    this.#options.onWarning(`${printable(path)} ${what}`);
  }
}

/** The same for all names of a file, and for no other file. */
const inode = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

const common = ({ path, stats }: Found): Pick<ArchiveEntry, 'path' | 'mode' | 'uid' | 'gid' | 'mtimeNs'> => ({
  path,
  mode: Number(stats.mode & 0o7777n),
  uid: Number(stats.uid),
  gid: Number(stats.gid),
  mtimeNs: stats.mtimeNs,
});

/** What opening a path says when what was found there has gone or is something else now. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EINVAL'].includes(String(error.code));
