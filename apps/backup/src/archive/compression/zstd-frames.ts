/** First bytes of a frame, and of a frame to be skipped (whose first byte may have any lower half). */
const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_SKIPPABLE = 0x184d2a50;

const MAGIC_BYTES = 4;
const CHECKSUM_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;

/** A block of one byte that is repeated: its size is not that of what is stored. */
const REPEATED = 1;

const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === ZSTD_SKIPPABLE;

/** Whether an archive that begins with these four bytes is one of zstd. */
export const isZstd = (beginning: Buffer): boolean => {
  const magic = beginning.readUInt32LE(0);
  return magic === ZSTD_MAGIC || isSkippable(magic);
};

/** What comes next: a number of bytes that are passed over, then a field of so many bytes. */
interface Field {
  readonly skipBytes: number;
  readonly bytes: number;
  /** Reads the field, and returns what comes after it. */
  readonly read: (field: Buffer) => Field;
}

/**
 * Follows the frames of zstd from header to header, without decompressing. Node's decompressor passes over what is no frame, and
 * takes the first bytes of one for its end: only whoever knows where frames end can tell that there is more.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames
 */
export class ZstdFrames {
  #next: Field = frameFrom(0);
  #skipped = 0;
  #field = Buffer.alloc(0);

  /** Takes the next bytes of the archive. */
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

  /** Whether the bytes so far are whole frames. */
  get isWhole(): boolean {
    return this.#next.read === afterMagic && this.#skipped === this.#next.skipBytes && this.#field.length === 0;
  }
}

const frameFrom = (skipBytes: number): Field => ({ skipBytes, bytes: MAGIC_BYTES, read: afterMagic });

function afterMagic(field: Buffer): Field {
  const magic = field.readUInt32LE(0);
  if (isSkippable(magic)) return { skipBytes: 0, bytes: 4, read: (size) => frameFrom(size.readUInt32LE(0)) };
  // What is not a frame has no end.
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
