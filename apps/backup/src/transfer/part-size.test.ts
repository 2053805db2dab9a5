import { describe, expect, it } from 'vitest';
import { partsAtOnce, partSizeBytes } from './part-size.ts';

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

describe('the parts that are sent at once', () => {
  it('are three of the usual size', () => {
    expect(partsAtOnce(partSizeBytes(0))).toBe(3);
  });

  it('are fewer where parts are large, and with the one that is filled take no more than 64 MiB up to 250 GiB', () => {
    for (const gigabytes of [1, 60, 100, 130, 200, 250]) {
      const size = partSizeBytes(gigabytes * 1024 ** 3);
      expect(size * (partsAtOnce(size) + 1), `${gigabytes} GiB`).toBeLessThanOrEqual(64 * 1024 ** 2);
    }
  });

  it('are one where even that takes more', () => {
    expect(partsAtOnce(partSizeBytes(4 * 1024 ** 4))).toBe(1);
  });
});
