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
  /** Transforms whose output buffer was redirected into one of a caller by {@link runInto}; reused only by that function. */
  readonly #redirected: Resettable[] = [];

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
    const transform = this.#idle.pop() ?? this.#create();
    await this.#process(transform, input, (piece) => pieces.push(piece));
    this.#idle.push(transform);
    return pieces;
  }

  /**
   * Like {@link run}, but writes into a buffer of the caller, without intermediate copies if it is at least as large as the transform's
   * output buffers (`chunkSize`). Fresh output buffers would cause page faults, and a full garbage collection every few megabytes.
   *
   * @returns the number of bytes written to `target`.
   * @throws OutputLimitError when the output does not fit; LeftInputError; errors of the transform.
   */
  async runInto(input: readonly Buffer[], target: Buffer): Promise<number> {
    const transform = this.#redirected.pop() ?? this.#create();
    redirectOutput(transform, target);
    let length = 0;
    await this.#process(transform, input, (piece) => {
      if (length + piece.length > target.length) throw new OutputLimitError(`more than ${target.length} bytes`);
      if (!isAt(piece, target, length)) piece.copy(target, length);
      length += piece.length;
    });
    this.#redirected.push(transform);
    return length;
  }

  async #process(transform: Resettable, input: readonly Buffer[], onPiece: (piece: Buffer) => void): Promise<void> {
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
  }
}

/** The output buffer of Node's zlib transforms and the position in it. Not part of its interface. */
interface OutputBuffer {
  readonly _outBuffer?: unknown;
  readonly _outOffset?: unknown;
  readonly _chunkSize?: unknown;
}

/**
 * Makes the next output of an idle transform go into `target`. Node has no documented way to choose the buffer. If a release of Node does
 * not use these fields, output goes into buffers of its own and is copied.
 */
function redirectOutput(transform: Resettable & OutputBuffer, target: Buffer): void {
  const { _outBuffer: own, _outOffset: offset, _chunkSize: bytes } = transform;
  // zlib writes `_chunkSize` bytes.
  if (!Buffer.isBuffer(own) || typeof offset !== 'number' || typeof bytes !== 'number' || bytes > target.length) return;
  Object.assign(transform, { _outBuffer: target, _outOffset: 0 });
}

/** Whether `piece` is the part of `target` at `offset`. */
const isAt = (piece: Buffer, target: Buffer, offset: number): boolean =>
  piece.buffer === target.buffer && piece.byteOffset === target.byteOffset + offset;
