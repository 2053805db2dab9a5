import { crc32 } from 'node:zlib';
import { CHUNK_BYTES, ZEROS } from './chunk-pool.ts';

/** The polynomial of CRC-32, bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** A linear operation on the 32 bits of a CRC: column `bit` is the image of that bit. */
type Operator = Uint32Array;

/**
 * Incremental CRC-32. Whole chunks of zeros, as in holes, are added without reading them: the CRC of data followed by a fixed number of
 * zeros is a linear function of the CRC of the data.
 *
 * @see https://github.com/madler/zlib/blob/v1.2.11/crc32.c crc32_combine
 */
export class ContentChecksum {
  static #appendZeros: Operator | undefined;
  static readonly #ofZeros = crc32(ZEROS);
  value = 0;

  add(bytes: Buffer): void {
    this.value = crc32(bytes, this.value);
  }

  /** Adds `count` zeros. */
  addZeros(count: number): void {
    let left = count;
    for (; left >= CHUNK_BYTES; left -= CHUNK_BYTES) {
      ContentChecksum.#appendZeros ??= appendZerosOperator(CHUNK_BYTES);
      this.value = (applyTo(ContentChecksum.#appendZeros, this.value) ^ ContentChecksum.#ofZeros) >>> 0;
    }
    if (left > 0) this.add(ZEROS.subarray(0, left));
  }
}

/** @param bytes a power of two. */
function appendZerosOperator(bytes: number): Operator {
  let operator = appendZeroBit();
  for (let bits = 1; bits < 8 * bytes; bits *= 2) operator = square(operator);
  return operator;
}

function appendZeroBit(): Operator {
  const operator = new Uint32Array(32);
  operator[0] = POLYNOMIAL;
  for (let bit = 1; bit < 32; bit++) operator[bit] = 1 << (bit - 1);
  return operator;
}

const square = (operator: Operator): Operator => operator.map((column) => applyTo(operator, column));

function applyTo(operator: Operator, value: number): number {
  let result = 0;
  for (let [bit, left] = [0, value]; left !== 0; left >>>= 1, bit++) if ((left & 1) === 1) result ^= operator[bit] ?? 0;
  return result >>> 0;
}
