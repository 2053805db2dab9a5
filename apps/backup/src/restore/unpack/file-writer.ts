import { close, constants, ftruncate, open, unlinkSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { isErrno } from '@eeveebot/contract';
import { InBackground } from './in-background.ts';
import { dataExtents, SHORTEST_HOLE_BYTES } from '../entries/holes.ts';
import { SLAB_BYTES, Slabs } from './slabs.ts';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const truncateAsync = promisify(ftruncate);
const writeAsync = promisify(write);

/** Alignment of O_DIRECT writes: disk blocks have this size or a fraction of it. */
const BLOCK_BYTES = 4096;

/** Minimum size for O_DIRECT; smaller files are equally fast through the page cache. */
const DIRECT_FROM_BYTES = 64 * 1024;

/** Files up to this size are buffered in memory, so that reading the archive does not wait for them. */
const SMALL_BYTES = 256 * 1024;

/** Files written concurrently. */
const FILES_AT_ONCE = 8;

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A file to create. */
export interface NewFile {
  readonly path: Buffer;
  readonly sizeBytes: number;
  readonly body: AsyncIterable<Buffer>;
  /** Called with each chunk of the body; may throw to abort. */
  readonly onChunk: (chunk: Buffer, position: number) => void;
  /** Called before `bytes` bytes are written to the disk; may throw to abort. */
  readonly onData: (bytes: number) => void;
  /** Called after the file was written and closed. */
  readonly onWritten: () => void;
  /** Replaces an error of this file: it may be thrown by a later call, for another file. */
  readonly errorOf?: (error: unknown) => unknown;
}

/** A file in progress. */
interface FileUnderWay extends NewFile {
  readonly onRead: () => void;
}

/**
 * Creates files, several concurrently, with holes in place of long zero ranges. Large files are written with O_DIRECT where the file system
 * supports it: a restore waits for the disk in any case and does not reread its data, so the page cache would only cost time and memory.
 *
 * @see https://man7.org/linux/man-pages/man2/open.2.html O_DIRECT
 */
export class FileWriter {
  readonly #slabs: Slabs | undefined;
  readonly #writing = new InBackground(FILES_AT_ONCE);

  private constructor(slabs: Slabs | undefined) {
    this.#slabs = slabs;
  }

  /** @param probe path of a temporary file in the target directory, used to test O_DIRECT. */
  static async at(probe: Buffer): Promise<FileWriter> {
    const slabs = newSlabs();
    return new FileWriter(slabs !== undefined && (await takesDirect(probe, slabs)) ? slabs : undefined);
  }

  /**
   * Starts to create a file and waits until its body was read. Its errors are thrown by this or a later call.
   *
   * @throws the first error of this or an earlier file: of the file system or of a callback.
   */
  async write(file: NewFile): Promise<void> {
    const { promise: read, resolve: onRead, reject: onFailure } = Promise.withResolvers<void>();
    await this.#writing.begin(async () => {
      try {
        await this.#make({ ...file, onRead });
      } catch (error) {
        const replaced = file.errorOf === undefined ? error : file.errorOf(error);
        onFailure(replaced);
        throw replaced;
      }
    });
    await read;
  }

  /**
   * Waits until all files are written.
   *
   * @throws the first error, as {@link write}.
   */
  settle(): Promise<void> {
    return this.#writing.settle();
  }

  /** Waits until no write is pending, ignoring errors. */
  ended(): Promise<void> {
    return this.#writing.ended();
  }

  async #make(file: FileUnderWay): Promise<void> {
    if (this.#slabs !== undefined && file.sizeBytes >= DIRECT_FROM_BYTES) await writeDirect(file, this.#slabs);
    else if (file.sizeBytes <= SMALL_BYTES) await writeSmall(file);
    else await writeBuffered(file, file.body);
    file.onWritten();
  }
}

function newSlabs(): Slabs | undefined {
  try {
    return new Slabs();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Tests O_DIRECT with a write, because some file systems reject it only then. */
async function takesDirect(probe: Buffer, slabs: Slabs): Promise<boolean> {
  const slab = await slabs.take();
  try {
    const fd = await openAsync(probe, NEW_FILE | constants.O_DIRECT, 0o600);
    try {
      return (await writeAsync(fd, slab, 0, BLOCK_BYTES, 0)).bytesWritten === BLOCK_BYTES;
    } finally {
      await closeAsync(fd);
    }
  } catch (error) {
    // A full disk is reported by the files themselves.
    if (isErrno(error, 'EINVAL', 'EOPNOTSUPP', 'ENOSPC', 'EDQUOT')) return false;
    throw error;
  } finally {
    slabs.release(slab);
    removeProbe(probe);
  }
}

/** The file may exist even if O_DIRECT was rejected. */
function removeProbe(probe: Buffer): void {
  try {
    unlinkSync(probe);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

async function writeSmall(file: FileUnderWay): Promise<void> {
  // A chunk is valid only until the next one is requested.
  const content = Buffer.allocUnsafe(file.sizeBytes);
  let length = 0;
  for await (const chunk of file.body) length += chunk.copy(content, length);
  file.onRead();
  await writeBuffered(file, [content.subarray(0, length)]);
}

async function writeBuffered(
  { path, onChunk, onData, onRead }: FileUnderWay,
  body: AsyncIterable<Buffer> | readonly Buffer[],
): Promise<void> {
  const fd = await openAsync(path, NEW_FILE, 0o600);
  let position = 0;
  try {
    for await (const chunk of body) {
      onChunk(chunk, position);
      await writeExtents(fd, { bytes: chunk, length: chunk.length, position, onData, wholeBlocks: false });
      position += chunk.length;
    }
    onRead();
    // Extends the file over a hole at the end.
    if (position >= SHORTEST_HOLE_BYTES) await truncateAsync(fd, position);
  } finally {
    await closeAsync(fd);
  }
}

async function writeDirect({ path, body, onChunk, onData, onRead }: FileUnderWay, slabs: Slabs): Promise<void> {
  const opened = openAsync(path, NEW_FILE | constants.O_DIRECT, 0o600);
  // The error is thrown where the promise is awaited.
  opened.catch(() => undefined);
  const writes: Promise<void>[] = [];
  let failed: { readonly error: unknown } | undefined;
  let slab: Buffer | undefined;
  let [filled, position] = [0, 0];
  const flush = (full: Buffer, length: number): void => {
    const part = { bytes: full, length, position: position - length, onData, wholeBlocks: true };
    const written = opened
      .then((fd) => writeExtents(fd, part))
      .catch((error: unknown) => void (failed ??= { error }))
      .finally(() => slabs.release(full));
    writes.push(written);
    [slab, filled] = [undefined, 0];
  };
  try {
    for await (const chunk of body) {
      onChunk(chunk, position);
      for (let from = 0; from < chunk.length;) {
        slab ??= await slabs.take();
        if (failed !== undefined) throw failed.error;
        const copied = chunk.copy(slab, filled, from);
        [from, filled, position] = [from + copied, filled + copied, position + copied];
        if (filled === SLAB_BYTES) flush(slab, filled);
      }
    }
    if (slab !== undefined) flush(slab, filled);
    onRead();
    await Promise.all(writes);
    if (failed !== undefined) throw failed.error;
    // The last block was written in full, and a hole at the end not at all.
    await truncateAsync(await opened, position);
  } finally {
    if (slab !== undefined) slabs.release(slab);
    await Promise.all(writes);
    await closeAsync(await opened);
  }
}

/** A write of the first `length` bytes of a buffer. */
interface BufferWrite {
  readonly bytes: Buffer;
  readonly length: number;
  readonly position: number;
  /** Whether the last block is written in full; the buffer has room for it. */
  readonly wholeBlocks: boolean;
  readonly onData: (bytes: number) => void;
}

/** Writes a buffer except for long zero ranges. */
async function writeExtents(fd: number, { bytes, length, position, wholeBlocks, onData }: BufferWrite): Promise<void> {
  for (const { from, to } of dataExtents(bytes.subarray(0, length))) {
    onData(to - from);
    const end = wholeBlocks ? blocksEnd(bytes, to) : to;
    for (let at = from; at < end;) at += (await writeAsync(fd, bytes, at, end - at, position + at)).bytesWritten;
  }
}

/** End of the block that contains `to`; fills the rest of the block with zeros. */
function blocksEnd(slab: Buffer, to: number): number {
  const end = Math.ceil(to / BLOCK_BYTES) * BLOCK_BYTES;
  slab.fill(0, to, end);
  return end;
}
