/** Magic numbers of a frame and of a skippable frame (any low 4 bits). */
const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_SKIPPABLE = 0x184d2a50;

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
    for (let at = 0; at < chunk.length;) {
      const skip = Math.min(this.#next.skipBytes - this.#skipped, chunk.length - at);
      [this.#skipped, at] = [this.#skipped + skip, at + skip];
      const field = chunk.subarray(at, at + this.#next.bytes - this.#field.length);
      this.#field = Buffer.concat([this.#field, field]);
      at += field.length;
      if (this.#field.length < this.#next.bytes) return;
      [this.#next, this.#field, this.#skipped] = [this.#next.read(this.#field), Buffer.alloc(0), 0];
    }
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
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 2 ** sizeFlag;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return blockFrom(Number(!isSingleSegment) + dictionaryBytes + sizeBytes, (descriptor & 0x04) === 0 ? 0 : CHECKSUM_BYTES);
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
