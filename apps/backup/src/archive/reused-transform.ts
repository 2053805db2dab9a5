import type { Transform } from 'node:stream';

/** A compressor of Node's zlib, which can begin anew. */
export interface Resettable extends Transform {
  flush(kind: number, callback: () => void): void;
  reset(): void;
}

/**
 * Compresses one piece of data after the other into streams of their own, with the same few compressors: each has half
 * a megabyte of state, and making one for every piece costs a fifth of the whole time in garbage collection.
 */
export class ReusedTransforms {
  readonly #create: () => Resettable;
  readonly #finish: number;
  readonly #idle: Resettable[] = [];

  /**
   * @param create makes a compressor.
   * @param finish the flush that ends a stream.
   */
  constructor(create: () => Resettable, finish: number) {
    this.#create = create;
    this.#finish = finish;
  }

  /** The stream that `bytes` becomes, in pieces. As many are made at once as are asked for at once. */
  async compress(bytes: Buffer): Promise<readonly Buffer[]> {
    const transform = this.#idle.pop() ?? this.#create();
    const pieces: Buffer[] = [];
    const collect = (piece: Buffer): void => void pieces.push(piece);
    transform.on('data', collect);
    await new Promise<void>((resolve, reject) => {
      transform.once('error', reject);
      transform.write(bytes);
      transform.flush(this.#finish, () => {
        transform.removeListener('error', reject);
        resolve();
      });
    });
    transform.removeListener('data', collect);
    transform.reset();
    this.#idle.push(transform);
    return pieces;
  }
}
