/** Size of a slab: a multiple of the shortest hole, and much larger than a disk block. */
export const SLAB_BYTES = 256 * 1024;

/** Number of slabs: one for each small file that is written concurrently, and the rest for a large one. */
const SLABS = 16;

const WEBASSEMBLY_PAGE_BYTES = 64 * 1024;

/** Node provides it, but only the DOM types declare it. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => { readonly buffer: ArrayBuffer };
};

/**
 * A fixed number of page-aligned buffers, as O_DIRECT requires. Node's own buffers are not aligned; a WebAssembly memory is.
 *
 * @see https://webassembly.github.io/spec/js-api/#memories
 */
export class Slabs {
  readonly #free: Buffer[];
  readonly #waiting: ((slab: Buffer) => void)[] = [];

  /** @throws RangeError when the address space is limited, because a WebAssembly memory reserves gigabytes of it. */
  constructor() {
    const pages = (SLABS * SLAB_BYTES) / WEBASSEMBLY_PAGE_BYTES;
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#free = Array.from({ length: SLABS }, (_, index) => Buffer.from(buffer, index * SLAB_BYTES, SLAB_BYTES));
  }

  /** Waits for a free slab. Its content is undefined. */
  async take(): Promise<Buffer> {
    const slab = this.#free.pop();
    return slab ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Returns a slab. */
  release(slab: Buffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slab);
    else next(slab);
  }
}
