/** Shortest range of zeros that becomes a hole. */
export const SHORTEST_HOLE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(SHORTEST_HOLE_BYTES);

/** A range of a chunk that contains data; `to` is exclusive. */
export interface DataRun {
  readonly from: number;
  readonly to: number;
}

/**
 * The ranges of a chunk to write: everything except long zero ranges, which become holes.
 *
 * @example
 * dataRuns(Buffer.alloc(1024 * 1024)); // []
 */
export function dataRuns(chunk: Buffer): readonly DataRun[] {
  if (chunk.length < SHORTEST_HOLE_BYTES) return chunk.length === 0 ? [] : [{ from: 0, to: chunk.length }];
  const runs: DataRun[] = [];
  let dataFrom = 0;
  for (let at = 0; at < chunk.length; at += SHORTEST_HOLE_BYTES) {
    const block = chunk.subarray(at, at + SHORTEST_HOLE_BYTES);
    if (!block.equals(block.length === SHORTEST_HOLE_BYTES ? ZEROS : ZEROS.subarray(0, block.length))) continue;
    if (at > dataFrom) runs.push({ from: dataFrom, to: at });
    dataFrom = at + block.length;
  }
  if (chunk.length > dataFrom) runs.push({ from: dataFrom, to: chunk.length });
  return runs;
}

/** Bytes that a chunk takes on disk. */
export const dataBytes = (chunk: Buffer): number => dataRuns(chunk).reduce((sum, { from, to }) => sum + to - from, 0);
