/** A piece of a chunk that is to be compressed as one. */
export interface Segment {
  readonly bytes: Buffer;
  /** Whether compression would gain nothing: pictures, archives, encrypted data. */
  readonly dense: boolean;
}

/** What is decided on at once. */
const BLOCK_BYTES = 64 * 1024;

/** What is looked at of each block. */
const SAMPLE_BYTES = 4096;

/** Bits of information in a byte from which on a sample counts as dense: that of random bytes is 7.95, that of text below 5. */
const DENSE_BITS = 7.85;

const counts = new Uint32Array(256);

/**
 * Cuts a chunk where data that compresses borders on data that does not. Deflate spends as much time on the latter as on
 * the former.
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

/** Looks at two places of the block: its end may be of another file. */
function isDense(chunk: Buffer, at: number): boolean {
  const end = Math.min(at + BLOCK_BYTES, chunk.length);
  if (end - at < 2 * SAMPLE_BYTES) return false;
  return entropyBits(chunk, at) >= DENSE_BITS && entropyBits(chunk, end - SAMPLE_BYTES) >= DENSE_BITS;
}

/** Shannon's entropy of a sample, in bits a byte. */
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
