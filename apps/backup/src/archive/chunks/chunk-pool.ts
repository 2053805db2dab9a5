/** Size of each chunk of an archive except the last. */
export const CHUNK_BYTES = 1024 * 1024;

/** A whole chunk of zeros, as in holes. Shared and never written to. */
export const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** Reuses the buffers of chunks, because allocating one takes longer than filling it. */
export class ChunkPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Returns a chunk, or the filled part of one, that is no longer read. */
  give(chunk: Buffer): void {
    if (chunk.buffer !== ZEROS.buffer && chunk.buffer.byteLength === CHUNK_BYTES) this.#free.push(Buffer.from(chunk.buffer));
  }
}
