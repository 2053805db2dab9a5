/**
 * Reads exact numbers of bytes from a source of buffers of any size. The source may reuse a buffer once the next one is requested, so
 * returned bytes are valid until the next read.
 */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #chunks: Buffer[] = [];
  #available = 0;
  #ended = false;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next `bytes` bytes, or all remaining ones if fewer, without consuming them. */
  async peek(bytes: number): Promise<Buffer> {
    await this.#fill(bytes);
    return this.#joined(Math.min(bytes, this.#available));
  }

  /** The next `bytes` bytes, or all remaining ones if fewer. */
  async take(bytes: number): Promise<Buffer> {
    await this.#fill(bytes);
    const taken = this.#joined(Math.min(bytes, this.#available));
    this.#drop(taken.length);
    return taken;
  }

  /** Fills `target` with the next bytes. @returns the number of bytes; less than the length of `target` only at the end. */
  async takeInto(target: Buffer): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const piece = await this.takeSome(target.length - filled);
      if (piece.length === 0) break;
      filled += piece.copy(target, filled);
    }
    return filled;
  }

  /**
   * The next bytes without copying; empty at the end.
   *
   * @param bytes the most bytes to take, or a function that is called with those that are available, and returns how many to take.
   */
  async takeSome(bytes: number | ((available: Buffer) => number)): Promise<Buffer> {
    await this.#fill(1);
    const first = this.#chunks[0] ?? Buffer.alloc(0);
    const taken = first.subarray(0, typeof bytes === 'number' ? bytes : bytes(first));
    this.#drop(taken.length);
    return taken;
  }

  /** Returns bytes that were taken, to be read again; they may not change until then. */
  giveBack(bytes: Buffer): void {
    this.#chunks.unshift(bytes);
    this.#available += bytes.length;
  }

  /** All remaining bytes, without copying. */
  async *rest(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = await this.takeSome(Infinity);
        if (chunk.length === 0) return;
        yield chunk;
      }
    } finally {
      await this.close();
    }
  }

  /** Closes the source. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#source.return?.();
  }

  async #fill(bytes: number): Promise<void> {
    while (this.#available < bytes && !this.#ended) {
      // The source may overwrite their memory.
      if (this.#available > 0) this.#chunks = [Buffer.concat(this.#chunks)];
      const next = await this.#source.next();
      if (next.done === true) this.#ended = true;
      else if (next.value.length > 0) {
        this.#chunks.push(next.value);
        this.#available += next.value.length;
      }
    }
  }

  #joined(bytes: number): Buffer {
    const first = this.#chunks[0] ?? Buffer.alloc(0);
    if (first.length >= bytes) return first.subarray(0, bytes);
    const joined = Buffer.allocUnsafe(bytes);
    let filled = 0;
    for (const chunk of this.#chunks) {
      if (filled === bytes) break;
      filled += chunk.copy(joined, filled);
    }
    return joined;
  }

  #drop(bytes: number): void {
    this.#available -= bytes;
    for (let left = bytes; left > 0;) {
      const first = this.#chunks[0];
      if (first === undefined) return;
      if (first.length > left) {
        this.#chunks[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#chunks.shift();
    }
  }
}
