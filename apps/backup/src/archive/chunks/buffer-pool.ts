/** Buffers of one size that are used again: memory that is touched for the first time is slow. */
export class BufferPool {
  readonly #bytes: number;
  readonly #free: ArrayBuffer[] = [];

  /** @param bytes of each buffer. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** A buffer with whatever is in it. More bytes than those of the pool's buffers are not of the pool. */
  take(bytes: number): Buffer {
    if (bytes > this.#bytes) return Buffer.allocUnsafeSlow(bytes);
    return Buffer.from(this.#free.pop() ?? new ArrayBuffer(this.#bytes), 0, bytes);
  }

  /** Takes back a buffer, or a part of it, that nothing reads any more. */
  give({ buffer }: Buffer): void {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === this.#bytes) this.#free.push(buffer);
  }
}
