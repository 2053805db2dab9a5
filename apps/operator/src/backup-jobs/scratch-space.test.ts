import { describe, expect, it } from 'vitest';
import { scratchSize } from './scratch-space.ts';

describe('the size of scratch space', () => {
  it.each([
    [undefined, '1Gi'],
    [0, '1Gi'],
    [600 * 2 ** 20, '1Gi'],
    [700 * 2 ** 20, '2Gi'],
    [10 * 2 ** 30, '13Gi'],
    [5 * 2 ** 40, '6145Gi'],
  ])('for %s bytes is %s', (bytes, size) => {
    expect(scratchSize(bytes)).toBe(size);
  });
});
