import { CHUNK_BYTES } from '../chunks/chunk-pool.ts';

/** Magic numbers of a frame and of a skippable frame (any low 4 bits). */
const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_SKIPPABLE = 0x184d2a50;

/** Content of a frame that this tool writes, and the window that it needs. The last frame of an archive is shorter. */
export const FRAME_BYTES = 4 * CHUNK_BYTES;

/** More than the largest frame: incompressible blocks are stored with a few bytes of header each. */
export const FRAME_BOUND = FRAME_BYTES + FRAME_BYTES / 128;

/** Longest header before the first block. */
export const FRAME_HEADER_BYTES = 18;

const MAGIC_BYTES = 4;
const CHECKSUM_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;

/** Type of a block with one repeated byte, whose stored size is 1. */
const REPEATED = 1;

const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === ZSTD_SKIPPABLE;

/** Whether an archive that starts with these four bytes is zstd. */
export const isZstd = (beginning: Buffer): boolean => {
  const magic = beginning.readUInt32LE(0);
  return magic === ZSTD_MAGIC || isSkippable(magic);
};

/**
 * Whether a frame with this beginning needs neither a dictionary nor a larger window than frames of this tool, so that a few of them may be
 * decompressed at once.
 *
 * @param header {@link FRAME_HEADER_BYTES} bytes, or fewer at the end of the archive.
 */
export function isSmallFrame(header: Buffer): boolean {
  if (header.length < 6 || header.readUInt32LE(0) !== ZSTD_MAGIC) return false;
  const descriptor = header.readUInt8(4);
  const hasDictionary = (descriptor & 3) !== 0;
  return !hasDictionary && windowBytes(descriptor, header.subarray(5)) <= FRAME_BYTES;
}

/** Size of the window that a frame needs: its content, if it is a single segment. */
function windowBytes(descriptor: number, fields: Buffer): number {
  if ((descriptor & 0x20) === 0) {
    const base = 2 ** (10 + (fields.readUInt8(0) >> 3));
    return base + (base / 8) * (fields.readUInt8(0) & 7);
  }
  const bytes = contentSizeBytes(descriptor);
  if (fields.length < bytes) return Infinity;
  if (bytes === 8) return Number(fields.readBigUInt64LE(0));
  return fields.readUIntLE(0, bytes) + (bytes === 2 ? 256 : 0);
}

/** Number of bytes of the content size in a frame header. */
function contentSizeBytes(descriptor: number): number {
  const flag = descriptor >> 6;
  return flag === 0 ? Number((descriptor & 0x20) !== 0) : 2 ** flag;
}

/** The next field of a frame, after a number of skipped bytes. */
interface Field {
  readonly skipBytes: number;
  readonly bytes: number;
  /** Decodes the field and returns the next one. */
  readonly read: (field: Buffer) => Field;
}

/**
 * Tracks the boundaries of zstd frames without decompressing. Node's decompressor ignores data that is not a frame, and accepts a truncated
 * last frame, so trailing garbage and truncation are detected here.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames
 */
export class ZstdFrames {
  #next: Field = frameFrom(0);
  #skipped = 0;
  #field = Buffer.alloc(0);

  /** Processes the next bytes of the archive. */
  follow(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) at += this.followOne(chunk.subarray(at));
  }

  /** Processes the next bytes up to the end of a frame. @returns their number: all, if they do not contain the end. */
  followOne(chunk: Buffer): number {
    for (let at = 0; at < chunk.length;) {
      const skip = Math.min(this.#next.skipBytes - this.#skipped, chunk.length - at);
      [this.#skipped, at] = [this.#skipped + skip, at + skip];
      if (at > 0 && this.isWhole) return at;
      const part = chunk.subarray(at, at + this.#next.bytes - this.#field.length);
      this.#field = this.#field.length === 0 ? Buffer.from(part) : Buffer.concat([this.#field, part]);
      at += part.length;
      if (this.#field.length < this.#next.bytes) return at;
      [this.#next, this.#field, this.#skipped] = [this.#next.read(this.#field), Buffer.alloc(0), 0];
    }
    return chunk.length;
  }

  /** Whether the bytes so far end at a frame boundary. */
  get isWhole(): boolean {
    return this.#next.read === afterMagic && this.#skipped === this.#next.skipBytes && this.#field.length === 0;
  }
}

const frameFrom = (skipBytes: number): Field => ({ skipBytes, bytes: MAGIC_BYTES, read: afterMagic });

function afterMagic(field: Buffer): Field {
  const magic = field.readUInt32LE(0);
  if (isSkippable(magic)) return { skipBytes: 0, bytes: 4, read: (size) => frameFrom(size.readUInt32LE(0)) };
  // Invalid data has no boundary.
  if (magic !== ZSTD_MAGIC) return { skipBytes: Infinity, bytes: 1, read: afterMagic };
  return { skipBytes: 0, bytes: 1, read: afterDescriptor };
}

function afterDescriptor(field: Buffer): Field {
  const descriptor = field.readUInt8(0);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return blockFrom(
    Number(!isSingleSegment) + dictionaryBytes + contentSizeBytes(descriptor),
    (descriptor & 0x04) === 0 ? 0 : CHECKSUM_BYTES,
  );
}

const blockFrom = (skipBytes: number, checksumBytes: number): Field => ({
  skipBytes,
  bytes: BLOCK_HEADER_BYTES,
  read: (field) => {
    const header = field.readUIntLE(0, BLOCK_HEADER_BYTES);
    const stored = ((header >> 1) & 3) === REPEATED ? 1 : header >> 3;
    return (header & 1) === 1 ? frameFrom(stored + checksumBytes) : blockFrom(stored, checksumBytes);
  },
});
