/** Bytes of a slab: whole runs of the shortest hole, and much more than a disk's block. */
export const SLAB_BYTES = 256 * 1024;

/** Each small file that is written at once has one, and the large one the rest. */
const SLABS = 16;

const WEBASSEMBLY_PAGE_BYTES = 64 * 1024;

/** Node has it; its types are those of browsers alone. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => { readonly buffer: ArrayBuffer };
};

/**
 * A fixed number of buffers that begin at a page of memory, as writing past the page cache wants it. Node's own buffers begin
 * anywhere; a WebAssembly memory begins at a page.
 *
 * @see https://webassembly.github.io/spec/js-api/#memories
 */
export class Slabs {
  readonly #free: Buffer[];
  readonly #waiting: ((slab: Buffer) => void)[] = [];

  /** @throws RangeError where a process may not have gigabytes of addresses, which a WebAssembly memory reserves. */
  constructor() {
    const pages = (SLABS * SLAB_BYTES) / WEBASSEMBLY_PAGE_BYTES;
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#free = Array.from({ length: SLABS }, (_, index) => Buffer.from(buffer, index * SLAB_BYTES, SLAB_BYTES));
  }

  /** The next that is free. It holds what it held last. */
  async take(): Promise<Buffer> {
    const slab = this.#free.pop();
    return slab ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives one back. */
  release(slab: Buffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slab);
    else next(slab);
  }
}
