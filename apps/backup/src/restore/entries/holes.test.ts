import { describe, expect, it } from 'vitest';
import { dataBytes, dataExtents, SHORTEST_HOLE_BYTES } from './holes.ts';

const HOLE = Buffer.alloc(SHORTEST_HOLE_BYTES);
const DATA = Buffer.alloc(SHORTEST_HOLE_BYTES, 1);

describe('the data ranges of a chunk', () => {
  it('exclude long zero ranges', () => {
    const size = SHORTEST_HOLE_BYTES;
    expect(dataExtents(Buffer.concat([HOLE, DATA, DATA, HOLE, HOLE, DATA, HOLE]))).toEqual([
      { from: size, to: 3 * size },
      { from: 5 * size, to: 6 * size },
    ]);
    expect(dataExtents(Buffer.concat([DATA, HOLE, Buffer.alloc(10)]))).toEqual([{ from: 0, to: size }]);
    expect(dataExtents(Buffer.concat([HOLE, Buffer.alloc(10, 1)]))).toEqual([{ from: size, to: size + 10 }]);
    expect(dataBytes(Buffer.concat([HOLE, DATA]))).toBe(size);
  });

  it('are the whole chunk if it is short: a few zeros are not a hole', () => {
    expect(dataExtents(Buffer.alloc(100))).toEqual([{ from: 0, to: 100 }]);
    expect(dataExtents(Buffer.alloc(0))).toEqual([]);
  });
});
