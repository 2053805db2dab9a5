/**
 * The content of entries that may change during a backup. A file is read by this file, which detects changes with `file-change.ts`; a
 * SQLite database is replaced by a consistent copy (`database-copies.ts`); `hard-links.ts` finds further names of archived inodes, and
 * `attribute-reader.ts` reads extended attributes.
 */
import { fstatSync, lstatSync, read, readSync, type BigIntStats } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ExtendedAttributes } from '../../file-system/extended-attributes.ts';
import type { ChunkWriter, Mark } from '../chunks/chunk-writer.ts';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import { errorName, isUnreadable } from '../walk/entry-errors.ts';
import { printable } from '../tar/entry.ts';
import { FileExtents } from './file-extents.ts';
import { fileChange, isRecent, TICK_MS, type FileChange } from './file-change.ts';
import { BLOCK_BYTES } from '../tar/header.ts';

const readAsync = promisify(read);

/** Files up to this size are read synchronously; a round trip through libuv's pool takes longer. */
const SYNC_BYTES = 256 * 1024;

/** Files up to this size are reread when they change; their chunks are held in memory until then. */
export const REREAD_BYTES = 2 * 1024 * 1024;

/** Delays before each reread of a changed file. */
const REREAD_PAUSES_MS = [0, 20, 100] as const;

/** An open file. */
export interface OpenFile {
  readonly path: Buffer;
  readonly fd: number;
  readonly stats: BigIntStats;
  /** Stats of the original when this is a copy: the header describes the original, and the copy does not change. */
  readonly described?: BigIntStats;
  readonly xattrs?: ExtendedAttributes;
}

/** Options of {@link FileContent}. */
export interface ContentOptions {
  readonly tree: DirectoryTree;
  readonly writer: ChunkWriter;
  /** Writes the header of a file with `sizeBytes` bytes. */
  readonly writeHeader: (file: OpenFile, sizeBytes: number) => void;
  readonly onWarning: (warning: string) => void;
  /** Called for each file whose content is not a consistent snapshot. */
  readonly onDamaged: (path: Buffer, what: string) => void;
  readonly onUnreadable: (path: Buffer, what: string) => void;
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Result of reading a file. */
interface Reading {
  /** Position at which it ended: less than the size when the file shrank. */
  readonly end: number;
  readonly holeBytes: number;
}

/** Content of a file as archived. */
export interface ArchivedContent {
  readonly sizeBytes: number;
  readonly holeBytes: number;
  /** CRC-32 of the content in the archive, including holes and padding. */
  readonly crc32: number;
}

/**
 * Archives the content of files that other processes may be writing. The size in the header is binding: missing bytes are filled with
 * zeros, and additional ones are dropped.
 */
export class FileContent {
  readonly #options: ContentOptions;

  constructor(options: ContentOptions) {
    this.#options = options;
  }

  /**
   * Archives the header and content of a file of at most {@link REREAD_BYTES}, or nothing when it cannot be read. A file that changes is
   * reread, so that its content is consistent unless the file is written continuously.
   */
  async whole(file: OpenFile): Promise<ArchivedContent | undefined> {
    const { writer } = this.#options;
    const mark = writer.mark();
    let before = file.stats;
    let previous: number | undefined;
    for (let attempt = 0; ; attempt++) {
      const sizeBytes = Number(before.size);
      const done = await this.#attempt(file, before, mark);
      if (done === undefined) return undefined;
      const { reading, after } = done;
      const change = this.#change(file, before, after);
      const { checksum } = writer;
      const isSame = checksum === previous;
      const isSettled = change === 'none' && (isSame || !isRecent(before));
      const pauseMs = after.size > REREAD_BYTES ? undefined : REREAD_PAUSES_MS[attempt];
      if (isSettled || pauseMs === undefined) {
        this.#report(file.path, { change: change === 'none' && !isSettled ? 'rewritten' : change, before, after, end: reading.end });
        writer.zeros(sizeBytes - reading.end);
        const archived = { sizeBytes, holeBytes: reading.holeBytes, crc32: writer.endContent() };
        writer.zeros(padding(sizeBytes));
        this.#options.onProgress(sizeBytes);
        return archived;
      }
      writer.rewind(mark);
      previous = checksum;
      if (change === 'none') continue;
      if (pauseMs > 0) await pause(pauseMs, undefined, { signal: this.#options.signal });
      before = fstatSync(file.fd, { bigint: true });
    }
  }

  /** Writes the header and content once; when the file cannot be read, reports it, rewinds to `mark` and returns undefined. */
  async #attempt(
    file: OpenFile,
    before: BigIntStats,
    mark: Mark,
  ): Promise<{ readonly reading: Reading; readonly after: BigIntStats } | undefined> {
    const { writer } = this.#options;
    try {
      this.#options.writeHeader({ ...file, stats: before }, Number(before.size));
      writer.beginContent();
      const reading = await this.#readSmall(file.fd, before);
      return { reading, after: fstatSync(file.fd, { bigint: true }) };
    } catch (error) {
      writer.rewind(mark);
      this.#assertUnreadable(error);
      this.#options.onUnreadable(file.path, `could not be read (${errorName(error)}) and is left out`);
      return undefined;
    }
  }

  /** Archives the header and content of a file of any size, and yields full chunks. */
  async *streamed(file: OpenFile): AsyncGenerator<Buffer, ArchivedContent> {
    const { signal, writer } = this.#options;
    let before = file.stats;
    if (file.described === undefined && isRecent(before)) {
      await pause(TICK_MS, undefined, { signal });
      before = fstatSync(file.fd, { bigint: true });
    }
    const sizeBytes = Number(before.size);
    this.#options.writeHeader({ ...file, stats: before }, sizeBytes);
    writer.beginContent();
    const holes = { bytes: 0 };
    let end: number;
    try {
      end = yield* this.#readLarge(file, before, holes);
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      ({ position: end } = error);
      this.#options.onUnreadable(
        file.path,
        `could not be read beyond byte ${end} (${errorName(error.cause)}); the rest is filled with zeros`,
      );
      return yield* this.#padded({ sizeBytes, holeBytes: holes.bytes }, end);
    }
    const after = fstatSync(file.fd, { bigint: true });
    this.#report(file.path, { change: this.#change(file, before, after), before, after, end });
    return yield* this.#padded({ sizeBytes, holeBytes: holes.bytes }, end);
  }

  /** Completes content that was read up to `end`. */
  async *#padded(content: Omit<ArchivedContent, 'crc32'>, end: number): AsyncGenerator<Buffer, ArchivedContent> {
    const { writer } = this.#options;
    yield* this.#zeros(content.sizeBytes - end);
    const crc32 = writer.endContent();
    writer.zeros(padding(content.sizeBytes));
    return { ...content, crc32 };
  }

  /** Reads a small file into chunks, without padding a shortened one. */
  async #readSmall(fd: number, stats: BigIntStats): Promise<Reading> {
    const { writer } = this.#options;
    const sizeBytes = Number(stats.size);
    let holeBytes = 0;
    const extents = new FileExtents(fd, stats);
    let position = 0;
    while (position < sizeBytes) {
      const extent = extents.at(position);
      if (extent.isHole) {
        writer.zeros(extent.to - position);
        holeBytes += extent.to - position;
        position = extent.to;
        continue;
      }
      const { chunk, offset, length } = writer.space();
      const wanted = Math.min(length, extent.to - position);
      const bytes =
        sizeBytes <= SYNC_BYTES
          ? readSync(fd, chunk, offset, wanted, position)
          : (await readAsync(fd, chunk, offset, wanted, position)).bytesRead;
      this.#options.signal.throwIfAborted();
      if (bytes === 0) break;
      writer.advance(bytes);
      position += bytes;
    }
    return { end: position, holeBytes };
  }

  /** Reads a large file into chunks. @returns the position at which it ended. */
  async *#readLarge({ fd }: OpenFile, stats: BigIntStats, holes: { bytes: number }): AsyncGenerator<Buffer, number> {
    const { writer, onProgress, signal } = this.#options;
    const sizeBytes = Number(stats.size);
    const extents = new FileExtents(fd, stats);
    let position = 0;
    while (position < sizeBytes) {
      const extent = extents.at(position);
      if (extent.isHole) {
        yield* this.#zeros(extent.to - position, onProgress);
        holes.bytes += extent.to - position;
        position = extent.to;
        continue;
      }
      const { chunk, offset, length } = writer.space();
      yield* writer.take();
      let bytes: number;
      try {
        ({ bytesRead: bytes } = await readAsync(fd, chunk, offset, Math.min(length, extent.to - position), position));
      } catch (error) {
        this.#assertUnreadable(error);
        throw new ReadError(position, error);
      }
      signal.throwIfAborted();
      if (bytes === 0) break;
      writer.advance(bytes);
      position += bytes;
      onProgress(bytes);
    }
    return position;
  }

  async *#zeros(bytes: number, onProgress?: (bytes: number) => void): AsyncGenerator<Buffer> {
    const { writer, signal } = this.#options;
    for (let left = bytes; left > 0;) {
      const written = writer.someZeros(left);
      left -= written;
      yield* writer.take();
      signal.throwIfAborted();
      onProgress?.(written);
    }
  }

  #change({ path }: OpenFile, before: BigIntStats, after: BigIntStats): FileChange {
    return fileChange(before, after, () => {
      const named = lstatSync(this.#options.tree.at(path), { bigint: true, throwIfNoEntry: false });
      return named?.ino === before.ino && named.dev === before.dev;
    });
  }

  #report(
    path: Buffer,
    { change, before, after, end }: { change: FileChange; before: BigIntStats; after: BigIntStats; end: number },
  ): void {
    const { onDamaged, onWarning } = this.#options;
    // The missing end of a shortened sparse file looks like a hole.
    const left = Math.min(end, Number(after.size));
    if (left < before.size) {
      onDamaged(path, `shrank from ${before.size} to ${left} bytes while it was read; the missing bytes are filled with zeros`);
    } else if (change === 'grew') {
      onWarning(`${printable(path)} grew while it was read; only the first ${before.size} bytes are archived`);
    } else if (change === 'rewritten') {
      onDamaged(path, 'was rewritten while it was read: its content may be partly old and partly new');
    }
  }

  #assertUnreadable(error: unknown): void {
    if (!isUnreadable(error)) throw error;
  }
}

/** A file could only be read up to a position. */
class ReadError extends Error {
  override readonly name = 'ReadError';
  readonly position: number;

  constructor(position: number, cause: unknown) {
    super('the file cannot be read further', { cause });
    this.position = position;
  }
}

const padding = (sizeBytes: number): number => (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
