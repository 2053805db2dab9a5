import { CHUNK_BYTES, type ChunkPool, ZEROS } from './chunk-pool.ts';
import { ContentChecksum } from './content-checksum.ts';

/** A position in the archive to which a {@link ChunkWriter} can rewind. */
export interface Mark {
  readonly chunk: Buffer;
  readonly filled: number;
  readonly ready: number;
}

/** Collects the bytes of an archive into chunks. Writes can be undone until their chunks are taken. */
export class ChunkWriter {
  readonly #pool: ChunkPool;
  #ready: Buffer[] = [];
  #chunk: Buffer;
  #filled = 0;
  /** Checksum of the content being written; undefined between contents. */
  #checksum: ContentChecksum | undefined;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
    this.#chunk = pool.take();
  }

  /** The full chunks; writes to them can no longer be undone. */
  take(): readonly Buffer[] {
    const chunks = this.#ready;
    if (chunks.length > 0) this.#ready = [];
    return chunks;
  }

  /** The last chunks. */
  end(): readonly Buffer[] {
    const last = this.#filled > 0 ? [this.#chunk.subarray(0, this.#filled)] : [];
    return [...this.take(), ...last];
  }

  /** The current position. */
  mark(): Mark {
    return { chunk: this.#chunk, filled: this.#filled, ready: this.#ready.length };
  }

  /** Undoes all writes after the mark. No chunk may have been taken in between. */
  rewind({ chunk, filled, ready }: Mark): void {
    for (const written of [...this.#ready.splice(ready), this.#chunk]) if (written !== chunk) this.#pool.give(written);
    this.#chunk = chunk;
    this.#filled = filled;
    this.#checksum = undefined;
  }

  /** Starts the checksum of a file's content, which subsequent writes belong to. */
  beginContent(): void {
    this.#checksum = new ContentChecksum();
  }

  /** CRC-32 of the content written so far. */
  get checksum(): number {
    return this.#checksum?.value ?? 0;
  }

  /** Ends the content. @returns its CRC-32. */
  endContent(): number {
    const { checksum } = this;
    this.#checksum = undefined;
    return checksum;
  }

  write(bytes: Buffer): void {
    for (let from = 0; from < bytes.length;) {
      const { chunk, offset } = this.space();
      const copied = bytes.copy(chunk, offset, from);
      this.advance(copied);
      from += copied;
    }
  }

  /** Free space for the next bytes, at least one. */
  space(): { readonly chunk: Buffer; readonly offset: number; readonly length: number } {
    if (this.#filled === CHUNK_BYTES) {
      this.#ready.push(this.#chunk);
      this.#chunk = this.#pool.take();
      this.#filled = 0;
    }
    return { chunk: this.#chunk, offset: this.#filled, length: CHUNK_BYTES - this.#filled };
  }

  /** Declares that `bytes` bytes of the {@link space} were filled. */
  advance(bytes: number): void {
    this.#checksum?.add(this.#chunk.subarray(this.#filled, this.#filled + bytes));
    this.#filled += bytes;
  }

  /** Writes up to `bytes` zeros, at most one chunk. A whole chunk of zeros is always {@link ZEROS}. @returns the number written. */
  someZeros(bytes: number): number {
    const { chunk, offset, length } = this.space();
    if (offset === 0 && bytes >= CHUNK_BYTES) {
      this.#ready.push(ZEROS);
      this.#checksum?.addZeros(CHUNK_BYTES);
      return CHUNK_BYTES;
    }
    const count = Math.min(length, bytes);
    chunk.fill(0, offset, offset + count);
    this.advance(count);
    return count;
  }

  /** Writes `bytes` zeros. Their chunks must fit into memory. */
  zeros(bytes: number): void {
    for (let left = bytes; left > 0;) left -= this.someZeros(left);
  }
}
