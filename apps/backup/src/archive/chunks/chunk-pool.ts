/** Bytes of each chunk of an archive but the last. */
export const CHUNK_BYTES = 1024 * 1024;

/** A whole chunk of a hole. Shared: nobody writes into it. */
export const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** Buffers for chunks, used again: allocating each anew costs more than filling it. */
export class ChunkPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Takes back a chunk, or the part of one that was filled, that nobody reads any more. */
  give(chunk: Buffer): void {
    if (chunk.buffer !== ZEROS.buffer && chunk.buffer.byteLength === CHUNK_BYTES) this.#free.push(Buffer.from(chunk.buffer));
  }
}
