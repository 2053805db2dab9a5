import { fstatSync, lstatSync, read, readSync, type BigIntStats } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ExtendedAttributes } from '../../file-system/extended-attributes.ts';
import { nextData } from '../../file-system/linux.ts';
import type { ChunkWriter } from '../chunks/chunk-writer.ts';
import type { DirectoryTree } from '../../file-system/directory-tree.ts';
import { errorName, isUnreadable } from '../walk/entry-errors.ts';
import { printable } from '../tar/entry.ts';
import { fileChange, isRecent, TICK_MS, type FileChange } from './file-change.ts';
import { BLOCK_BYTES } from '../tar/header.ts';

const readAsync = promisify(read);

/** Files up to this size are read without leaving the thread: a round trip through libuv's pool costs more. */
const SYNC_BYTES = 256 * 1024;

/** Files up to this size are read again when they change: as long as one is read, its chunks are held in memory. */
export const REREAD_BYTES = 2 * 1024 * 1024;

/** How long to wait before each time that a changed file is read again. */
const REREAD_PAUSES_MS = [0, 20, 100] as const;

/** A file that is open. */
export interface OpenFile {
  readonly path: Buffer;
  readonly fd: number;
  readonly stats: BigIntStats;
  /** Of the file that this is a copy of: nobody writes into the copy, and the header describes the original. */
  readonly described?: BigIntStats;
  readonly xattrs?: ExtendedAttributes;
}

/** What the content of a file is put into, and who hears of it. */
export interface ContentOptions {
  readonly tree: DirectoryTree;
  readonly writer: ChunkWriter;
  /** Writes the header of a file with so many bytes. */
  readonly writeHeader: (file: OpenFile, sizeBytes: number) => void;
  readonly onWarning: (warning: string) => void;
  /** Called for each file whose content is not of one moment. */
  readonly onDamaged: (path: Buffer, what: string) => void;
  readonly onUnreadable: (path: Buffer, what: string) => void;
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** What has been read of a file. */
interface Reading {
  /** Where it ended: before the size when the file became shorter. */
  readonly end: number;
  readonly holeBytes: number;
}

/** What has been archived of a file. */
export interface ArchivedContent {
  readonly sizeBytes: number;
  readonly holeBytes: number;
  /** Of the content in the archive, holes and what was filled up included. */
  readonly crc32: number;
}

/**
 * Archives the content of files that may be written at the same time. The size in a file's header is kept to: what is missing is
 * filled up with zeros, and what was added is cut off.
 */
export class FileContent {
  readonly #options: ContentOptions;

  constructor(options: ContentOptions) {
    this.#options = options;
  }

  /**
   * Archives a file of at most {@link REREAD_BYTES}, header and all; nothing of it when it cannot be read. One that changes
   * is read again, so that its content is of one moment unless it is written all the time.
   */
  async whole(file: OpenFile): Promise<ArchivedContent | undefined> {
    const { writer } = this.#options;
    const mark = writer.mark();
    let before = file.stats;
    let previous: number | undefined;
    for (let attempt = 0; ; attempt++) {
      const sizeBytes = Number(before.size);
      let reading: Reading;
      let after: BigIntStats;
      try {
        this.#options.writeHeader({ ...file, stats: before }, sizeBytes);
        writer.beginContent();
        reading = await this.#read(file.fd, before);
        after = fstatSync(file.fd, { bigint: true });
      } catch (error) {
        writer.rewind(mark);
        this.#assertUnreadable(error);
        this.#options.onUnreadable(file.path, `could not be read (${errorName(error)}) and is left out`);
        return undefined;
      }
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
      if (change !== 'none' && pauseMs > 0) await pause(pauseMs, undefined, { signal: this.#options.signal });
      previous = checksum;
      before = change === 'none' ? before : fstatSync(file.fd, { bigint: true });
    }
  }

  /** Archives a file of any size, header and all, and yields the chunks that are full. */
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
      end = yield* this.#stretches(file, before, holes);
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      ({ position: end } = error);
      this.#options.onUnreadable(
        file.path,
        `could not be read beyond byte ${end} (${errorName(error.cause)}) and is filled up with zeros from there on`,
      );
      return yield* this.#filledUp({ sizeBytes, holeBytes: holes.bytes }, end);
    }
    const after = fstatSync(file.fd, { bigint: true });
    this.#report(file.path, { change: this.#change(file, before, after), before, after, end });
    return yield* this.#filledUp({ sizeBytes, holeBytes: holes.bytes }, end);
  }

  /** Ends a content that was read up to `end`. */
  async *#filledUp(content: Omit<ArchivedContent, 'crc32'>, end: number): AsyncGenerator<Buffer, ArchivedContent> {
    const { writer } = this.#options;
    yield* this.#zeros(content.sizeBytes - end);
    const crc32 = writer.endContent();
    writer.zeros(padding(content.sizeBytes));
    return { ...content, crc32 };
  }

  /** Reads a file into the chunks, without what may be missing at its end. */
  async #read(fd: number, stats: BigIntStats): Promise<Reading> {
    const { writer } = this.#options;
    const sizeBytes = Number(stats.size);
    let holeBytes = 0;
    const stretches = new Stretches(fd, stats);
    let position = 0;
    while (position < sizeBytes) {
      const stretch = stretches.at(position);
      if (stretch.isHole) {
        writer.zeros(stretch.to - position);
        holeBytes += stretch.to - position;
        position = stretch.to;
        continue;
      }
      const { chunk, offset, length } = writer.space();
      const wanted = Math.min(length, stretch.to - position);
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

  /** Reads a large file into chunks, and returns where it ended. */
  async *#stretches({ fd }: OpenFile, stats: BigIntStats, holes: { bytes: number }): AsyncGenerator<Buffer, number> {
    const { writer, onProgress, signal } = this.#options;
    const sizeBytes = Number(stats.size);
    const stretches = new Stretches(fd, stats);
    let position = 0;
    while (position < sizeBytes) {
      const stretch = stretches.at(position);
      if (stretch.isHole) {
        yield* this.#zeros(stretch.to - position, onProgress);
        holes.bytes += stretch.to - position;
        position = stretch.to;
        continue;
      }
      const { chunk, offset, length } = writer.space();
      yield* writer.take();
      let bytes: number;
      try {
        ({ bytesRead: bytes } = await readAsync(fd, chunk, offset, Math.min(length, stretch.to - position), position));
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
    // What is missing at the end of a sparse file looks like one more hole.
    const left = Math.min(end, Number(after.size));
    if (left < before.size) {
      onDamaged(path, `shrank from ${before.size} to ${left} bytes while it was read and is filled up with zeros`);
    } else if (change === 'grew') {
      onWarning(`${printable(path)} grew while it was read and is cut at ${before.size} bytes`);
    } else if (change === 'rewritten') {
      onDamaged(path, 'was rewritten while it was read: its content may be partly old and partly new');
    }
  }

  #assertUnreadable(error: unknown): void {
    if (!isUnreadable(error)) throw error;
  }
}

/** A file could be read only up to a position. */
class ReadError extends Error {
  override readonly name = 'ReadError';
  readonly position: number;

  constructor(position: number, cause: unknown) {
    super('a file cannot be read', { cause });
    this.position = position;
  }
}

/** The holes of a file, and what is between them. */
class Stretches {
  readonly #fd: number;
  readonly #sizeBytes: number;
  readonly #isSparse: boolean;
  #data = { from: 0, to: 0 };

  constructor(fd: number, { size, blocks }: BigIntStats) {
    this.#fd = fd;
    this.#sizeBytes = Number(size);
    this.#isSparse = blocks * 512n < size;
  }

  /** What is at a position, and where that ends. */
  at(position: number): { readonly isHole: boolean; readonly to: number } {
    if (!this.#isSparse) return { isHole: false, to: this.#sizeBytes };
    if (position >= this.#data.to) this.#data = nextData(this.#fd, position) ?? { from: this.#sizeBytes, to: this.#sizeBytes };
    const { from, to } = this.#data;
    return position < from ? { isHole: true, to: Math.min(from, this.#sizeBytes) } : { isHole: false, to: Math.min(to, this.#sizeBytes) };
  }
}

const padding = (sizeBytes: number): number => (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
