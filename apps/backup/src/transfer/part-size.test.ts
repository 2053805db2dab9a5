import { describe, expect, it } from 'vitest';
import { partSizeBytes } from './part-size.ts';

describe('the size of parts', () => {
  it('is 8 MiB up to 60 GiB', () => {
    expect(partSizeBytes(0)).toBe(8 * 1024 ** 2);
    expect(partSizeBytes(60 * 1024 ** 3)).toBe(8 * 1024 ** 2);
  });

  it('grows so that a terabyte that does not shrink stays below 10,000 parts', () => {
    const size = partSizeBytes(1024 ** 4);
    expect(1024 ** 4 / size).toBeLessThan(9_000);
    expect((1.05 * 1024 ** 4) / size).toBeLessThan(10_000);
  });
});
