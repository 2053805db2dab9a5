import { close, constants, ftruncate, open, unlinkSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { InBackground } from './in-background.ts';
import { dataRuns, SHORTEST_HOLE_BYTES } from './holes.ts';
import { SLAB_BYTES, Slabs } from './slabs.ts';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const truncateAsync = promisify(ftruncate);
const writeAsync = promisify(write);

/** Disks take whole blocks of this many bytes, or of a part of it. */
const BLOCK_BYTES = 4096;

/** Smaller files are as quick through the page cache. */
const DIRECT_FROM_BYTES = 64 * 1024;

/** Smaller files are held in memory until they are written, so that nothing waits for them. */
const SMALL_BYTES = 256 * 1024;

/** Files that are written at once. */
const FILES_AT_ONCE = 8;

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A file to be made. */
export interface NewFile {
  readonly path: Buffer;
  readonly sizeBytes: number;
  readonly body: AsyncIterable<Buffer>;
  /** Called with each chunk as it comes; throws to end it. */
  readonly onChunk: (chunk: Buffer, position: number) => void;
  /** Called before so many bytes are written to the disk; throws to end it. */
  readonly onData: (bytes: number) => void;
  /** Called when all is written and the file closed. */
  readonly onWritten: () => void;
}

/** One that is being made, and what to call when its body has been read. */
interface FileUnderWay extends NewFile {
  readonly onRead: () => void;
}

/**
 * Makes files, several at once, holes for long runs of zeros. What is large enough goes past the page cache where the file system
 * can do that: a restore waits for the disk in any case, its data is not read again soon, and neither memory nor time goes into a copy of it.
 *
 * @see https://man7.org/linux/man-pages/man2/open.2.html O_DIRECT
 */
export class FileWriter {
  readonly #slabs: Slabs | undefined;
  readonly #writing = new InBackground(FILES_AT_ONCE);

  private constructor(slabs: Slabs | undefined) {
    this.#slabs = slabs;
  }

  /** @param probe path of a file that may be made and removed again, where the files will be. */
  static async at(probe: Buffer): Promise<FileWriter> {
    const slabs = newSlabs();
    return new FileWriter(slabs !== undefined && (await takesDirect(probe, slabs)) ? slabs : undefined);
  }

  /**
   * Begins to make a file, and waits until its body has been read. What goes wrong with it is thrown then or later.
   *
   * @throws the first error of this file or one before it: of the file system, or what the callbacks threw.
   */
  async write(file: NewFile): Promise<void> {
    const { promise: read, resolve: onRead, reject: onFailure } = Promise.withResolvers<void>();
    await this.#writing.begin(async () => {
      try {
        await this.#make({ ...file, onRead });
      } catch (error) {
        onFailure(error);
        throw error;
      }
    });
    await read;
  }

  /**
   * Waits until all files are written.
   *
   * @throws the first error, as of {@link write}.
   */
  settle(): Promise<void> {
    return this.#writing.settle();
  }

  /** Waits until nothing is being written any more, well or not. */
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

/** Tried out: file systems say that they cannot at different moments. */
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
    // A full disk is told of by the files themselves.
    if (hasCode(error, 'EINVAL') || hasCode(error, 'EOPNOTSUPP') || hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')) return false;
    throw error;
  } finally {
    slabs.release(slab);
    removeProbe(probe);
  }
}

/** Where O_DIRECT is refused, the file may have been made all the same. */
function removeProbe(probe: Buffer): void {
  try {
    unlinkSync(probe);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function writeSmall(file: FileUnderWay): Promise<void> {
  // A chunk is valid only until the next one is asked for.
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
      await writeRuns(fd, { bytes: chunk, length: chunk.length, position, onData, wholeBlocks: false });
      position += chunk.length;
    }
    onRead();
    // A hole at the end has not been written.
    if (position >= SHORTEST_HOLE_BYTES) await truncateAsync(fd, position);
  } finally {
    await closeAsync(fd);
  }
}

async function writeDirect({ path, body, onChunk, onData, onRead }: FileUnderWay, slabs: Slabs): Promise<void> {
  const opened = openAsync(path, NEW_FILE | constants.O_DIRECT, 0o600);
  // It is thrown by who waits for it.
  opened.catch(() => undefined);
  const writes: Promise<void>[] = [];
  let failed: { readonly error: unknown } | undefined;
  let slab: Buffer | undefined;
  let [filled, position] = [0, 0];
  const flush = (full: Buffer, length: number): void => {
    const piece = { bytes: full, length, position: position - length, onData, wholeBlocks: true };
    const written = opened
      .then((fd) => writeRuns(fd, piece))
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
    // The last block was written whole, and a hole at the end not at all.
    await truncateAsync(await opened, position);
  } finally {
    if (slab !== undefined) slabs.release(slab);
    await Promise.all(writes);
    await closeAsync(await opened);
  }
}

/** What is to be written: the first `length` of the bytes. */
interface Piece {
  readonly bytes: Buffer;
  readonly length: number;
  readonly position: number;
  /** The last block is written whole; there is room for it in the bytes. */
  readonly wholeBlocks: boolean;
  readonly onData: (bytes: number) => void;
}

/** Writes all of a piece but long runs of zeros. */
async function writeRuns(fd: number, { bytes, length, position, wholeBlocks, onData }: Piece): Promise<void> {
  for (const { from, to } of dataRuns(bytes.subarray(0, length))) {
    onData(to - from);
    const end = wholeBlocks ? blocksEnd(bytes, to) : to;
    for (let at = from; at < end;) at += (await writeAsync(fd, bytes, at, end - at, position + at)).bytesWritten;
  }
}

/** Where the block that `to` is in ends; what is behind `to` in it becomes zeros. */
function blocksEnd(slab: Buffer, to: number): number {
  const end = Math.ceil(to / BLOCK_BYTES) * BLOCK_BYTES;
  slab.fill(0, to, end);
  return end;
}

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;
