import type { Transform } from 'node:stream';

/** A compressor or decompressor of Node's zlib, which can be reset. */
export interface Resettable extends Transform {
  /** Bytes of input consumed since it was created. */
  readonly bytesWritten: number;
  flush(kind: number, callback: () => void): void;
  reset(): void;
}

/** The output is larger than allowed. */
export class OutputLimitError extends Error {
  override readonly name = 'OutputLimitError';
}

/** Input is left after the end of the stream. */
export class LeftInputError extends Error {
  override readonly name = 'LeftInputError';
}

/**
 * Compresses or decompresses independent streams with a few reused transforms. A transform has 512 KiB of state, and creating one per
 * stream spends a fifth of the total time in garbage collection.
 */
export class ReusedTransforms {
  readonly #create: () => Resettable;
  readonly #finish: number;
  readonly #idle: Resettable[] = [];

  /**
   * @param create creates a transform.
   * @param given.finish the flush that ends a stream.
   */
  constructor(create: () => Resettable, given: { readonly finish: number }) {
    this.#create = create;
    this.#finish = given.finish;
  }

  /**
   * Transforms the concatenation of `input`. Concurrent calls use separate transforms.
   *
   * @throws LeftInputError; errors of the transform.
   */
  async run(input: readonly Buffer[]): Promise<readonly Buffer[]> {
    const pieces: Buffer[] = [];
    await this.#process(input, (piece) => pieces.push(piece));
    return pieces;
  }

  /**
   * Like {@link run}, but writes into a buffer of the caller. The transform's output becomes garbage at once; output that is kept longer
   * causes a full garbage collection every few megabytes.
   *
   * @returns the number of bytes written to `target`.
   * @throws OutputLimitError when the output does not fit; LeftInputError; errors of the transform.
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
