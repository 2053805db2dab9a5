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
  readonly #idle: Resettable[] = [];

  /**
   * @param create makes a transform.
   * @param given.finish the flush that ends a stream.
   */
  constructor(create: () => Resettable, given: { readonly finish: number }) {
    this.#create = create;
    this.#finish = given.finish;
  }

  /**
   * What the pieces of `input` become together, in pieces. As many are made at once as are asked for at once.
   *
   * @throws LeftInputError; what the transform throws.
   */
  async run(input: readonly Buffer[]): Promise<readonly Buffer[]> {
    const pieces: Buffer[] = [];
    await this.#process(input, (piece) => pieces.push(piece));
    return pieces;
  }

  /**
   * The same, into memory of the caller's: what a transform gives is garbage at once, where pieces that are kept for a while
   * cost a collection of the whole heap for each few megabytes.
   *
   * @returns the bytes that were written into `target`.
   * @throws OutputLimitError when they do not fit, LeftInputError; what the transform throws.
   */
  async runInto(input: readonly Buffer[], target: Buffer): Promise<number> {
    let length = 0;
    await this.#process(input, (piece) => {
      if (length + piece.length > target.length) throw new OutputLimitError(`more than ${target.length} bytes`);
      length += piece.copy(target, length);
    });
    return length;
  }

  async #process(input: readonly Buffer[], onPiece: (piece: Buffer) => void): Promise<void> {
    const transform = this.#idle.pop() ?? this.#create();
    const usedBefore = transform.bytesWritten;
    const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
    const collect = (piece: Buffer): void => {
      try {
        onPiece(piece);
      } catch (error) {
        reject(error);
        transform.destroy();
      }
    };
    transform.on('data', collect).once('error', reject);
    for (const bytes of input) transform.write(bytes);
    transform.flush(this.#finish, resolve);
    await finished;
    transform.off('data', collect).off('error', reject);
    const left = input.reduce((sum, bytes) => sum + bytes.length, usedBefore - transform.bytesWritten);
    if (left > 0) {
      transform.destroy();
      throw new LeftInputError(`${left} bytes are left after the end of a stream`);
    }
    transform.reset();
    this.#idle.push(transform);
  }
}
