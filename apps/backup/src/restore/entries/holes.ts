/** Shortest range of zeros that becomes a hole. */
export const SHORTEST_HOLE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(SHORTEST_HOLE_BYTES);

/** A range of a chunk that contains data; `to` is exclusive. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/**
 * The ranges of a chunk to write: everything except long zero ranges, which become holes.
 *
 * @example
 * dataExtents(Buffer.alloc(1024 * 1024)); // []
 */
export function dataExtents(chunk: Buffer): readonly Extent[] {
  if (chunk.length < SHORTEST_HOLE_BYTES) return chunk.length === 0 ? [] : [{ from: 0, to: chunk.length }];
  const extents: Extent[] = [];
  let dataFrom = 0;
  for (let at = 0; at < chunk.length; at += SHORTEST_HOLE_BYTES) {
    const block = chunk.subarray(at, at + SHORTEST_HOLE_BYTES);
    if (!block.equals(block.length === SHORTEST_HOLE_BYTES ? ZEROS : ZEROS.subarray(0, block.length))) continue;
    if (at > dataFrom) extents.push({ from: dataFrom, to: at });
    dataFrom = at + block.length;
  }
  if (chunk.length > dataFrom) extents.push({ from: dataFrom, to: chunk.length });
  return extents;
}

/** Bytes that a chunk takes on disk. */
export const dataBytes = (chunk: Buffer): number => dataExtents(chunk).reduce((sum, { from, to }) => sum + to - from, 0);
