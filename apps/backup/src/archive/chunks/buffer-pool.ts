/** Reuses buffers of one size, because the first access to new memory is slow. */
export class BufferPool {
  readonly #bytes: number;
  readonly #free: ArrayBuffer[] = [];

  /** @param bytes size of each buffer. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** A buffer with undefined content. Larger sizes are allocated outside the pool. */
  take(bytes: number): Buffer {
    if (bytes > this.#bytes) return Buffer.allocUnsafeSlow(bytes);
    return Buffer.from(this.#free.pop() ?? new ArrayBuffer(this.#bytes), 0, bytes);
  }

  /** Returns a buffer, or a view of it, that is no longer read. */
  give({ buffer }: Buffer): void {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === this.#bytes) this.#free.push(buffer);
  }
}
