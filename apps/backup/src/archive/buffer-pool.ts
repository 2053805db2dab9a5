import { CHUNK_BYTES } from './chunk-pool.ts';

/** Room for a member of a chunk that deflate could not make smaller, and for its header. */
const POOLED_BYTES = CHUNK_BYTES + 64 * 1024;

/** Buffers that are used again, for members and what is in them: memory that is touched for the first time is slow. */
export class BufferPool {
  readonly #free: ArrayBuffer[] = [];

  /** A buffer of so many bytes, with whatever is in it. */
  take(bytes: number): Buffer {
    return bytes > POOLED_BYTES ? Buffer.allocUnsafeSlow(bytes) : Buffer.from(this.#free.pop() ?? new ArrayBuffer(POOLED_BYTES), 0, bytes);
  }

  /** Takes back a buffer that nothing reads any more. */
  give({ buffer }: Buffer): void {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === POOLED_BYTES) this.#free.push(buffer);
  }
}
