/** A part of a chunk that compresses uniformly. */
export interface Segment {
  readonly bytes: Buffer;
  /** Whether it is incompressible: images, archives, encrypted data. */
  readonly dense: boolean;
}

/** Granularity of segments. */
const BLOCK_BYTES = 64 * 1024;

/** Bytes examined at each end of a block. */
const SAMPLE_BYTES = 4096;

/** Entropy per byte above which a sample counts as dense: a sample of random bytes has 7.95 bits, text less than 5. */
const DENSE_BITS = 7.85;

const counts = new Uint32Array(256);

/**
 * Splits a chunk into compressible and incompressible data. Deflate takes as long for one as for the other.
 *
 * @example
 * segments(Buffer.concat([text, jpeg])); // [{ bytes: text, dense: false }, { bytes: jpeg, dense: true }]
 */
export function segments(chunk: Buffer): readonly Segment[] {
  const found: Segment[] = [];
  let from = 0;
  let dense = isDense(chunk, 0);
  for (let at = BLOCK_BYTES; at < chunk.length; at += BLOCK_BYTES) {
    const isNextDense = isDense(chunk, at);
    if (isNextDense === dense) continue;
    found.push({ bytes: chunk.subarray(from, at), dense });
    from = at;
    dense = isNextDense;
  }
  found.push({ bytes: chunk.subarray(from), dense });
  return found;
}

/** Examines both ends of the block, because the end may belong to another file. */
function isDense(chunk: Buffer, at: number): boolean {
  const end = Math.min(at + BLOCK_BYTES, chunk.length);
  if (end - at < 2 * SAMPLE_BYTES) return false;
  return entropyBits(chunk, at) >= DENSE_BITS && entropyBits(chunk, end - SAMPLE_BYTES) >= DENSE_BITS;
}

/** Shannon entropy of a sample, in bits per byte. */
function entropyBits(chunk: Buffer, from: number): number {
  counts.fill(0);
  for (let at = from; at < from + SAMPLE_BYTES; at++) {
    const byte = chunk[at] ?? 0;
    counts[byte] = (counts[byte] ?? 0) + 1;
  }
  let sum = 0;
  for (const count of counts) if (count > 0) sum += count * Math.log2(count);
  return Math.log2(SAMPLE_BYTES) - sum / SAMPLE_BYTES;
}
