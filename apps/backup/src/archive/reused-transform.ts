import type { Transform } from 'node:stream';

/** A compressor or decompressor of Node's zlib, which can begin anew. */
export interface Resettable extends Transform {
  /** Bytes of input that it has used since it was made. */
  readonly bytesWritten: number;
  flush(kind: number, callback: () => void): void;
  reset(): void;
}

/** What a piece of data became is larger than anything it can be. */
export class OutputLimitError extends Error {
  override readonly name = 'OutputLimitError';
}

/** A stream ended before the piece of data that it was said to be. */
export class LeftInputError extends Error {
  override readonly name = 'LeftInputError';
}

/**
 * Compresses or decompresses one piece of data after the other, each a stream of its own, with the same few transforms:
 * each has half a megabyte of state, and making one for every piece costs a fifth of the whole time in garbage collection.
 */
export class ReusedTransforms {
  readonly #create: () => Resettable;
  readonly #finish: number;
  readonly #limitBytes: number;
  readonly #idle: Resettable[] = [];

  /**
   * @param create makes a transform.
   * @param given.finish the flush that ends a stream.
   * @param given.limitBytes most bytes that a stream may become.
   */
  constructor(create: () => Resettable, given: { readonly finish: number; readonly limitBytes?: number }) {
    this.#create = create;
    this.#finish = given.finish;
    this.#limitBytes = given.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /**
   * What the pieces of `input` become together, in pieces. As many are made at once as are asked for at once.
   *
   * @throws OutputLimitError, LeftInputError; what the transform throws.
   */
  async run(input: readonly Buffer[]): Promise<readonly Buffer[]> {
    const transform = this.#idle.pop() ?? this.#create();
    const pieces: Buffer[] = [];
    const usedBefore = transform.bytesWritten;
    let length = 0;
    const collect = (piece: Buffer): void => {
      length += piece.length;
      if (length > this.#limitBytes) transform.destroy(new OutputLimitError(`more than ${this.#limitBytes} bytes`));
      else pieces.push(piece);
    };
    transform.on('data', collect);
    await new Promise<void>((resolve, reject) => {
      transform.once('error', reject);
      for (const bytes of input) transform.write(bytes);
      transform.flush(this.#finish, () => {
        transform.removeListener('error', reject);
        resolve();
      });
    });
    transform.removeListener('data', collect);
    const left = input.reduce((sum, bytes) => sum + bytes.length, usedBefore - transform.bytesWritten);
    if (left > 0) {
      transform.destroy();
      throw new LeftInputError(`${left} bytes are left after the end of a stream`);
    }
    transform.reset();
    this.#idle.push(transform);
    return pieces;
  }
}
