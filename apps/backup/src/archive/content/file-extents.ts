import type { BigIntStats } from 'node:fs';
import { nextData } from '../../file-system/linux.ts';

/** The data and holes of an open file. */
export class FileExtents {
  readonly #fd: number;
  readonly #sizeBytes: number;
  readonly #isSparse: boolean;
  #data = { from: 0, to: 0 };

  constructor(fd: number, { size, blocks }: BigIntStats) {
    this.#fd = fd;
    this.#sizeBytes = Number(size);
    this.#isSparse = blocks * 512n < size;
  }

  /** Whether a position is in a hole, and where the hole or data ends. */
  at(position: number): { readonly isHole: boolean; readonly to: number } {
    if (!this.#isSparse) return { isHole: false, to: this.#sizeBytes };
    if (position >= this.#data.to) this.#data = nextData(this.#fd, position) ?? { from: this.#sizeBytes, to: this.#sizeBytes };
    const { from, to } = this.#data;
    return position < from ? { isHole: true, to: Math.min(from, this.#sizeBytes) } : { isHole: false, to: Math.min(to, this.#sizeBytes) };
  }
}
