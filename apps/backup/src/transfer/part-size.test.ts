import { describe, expect, it } from 'vitest';
import { expectedArchiveBytes, LARGEST_UPLOAD_BYTES, partsAtOnce, partSizeBytes } from './part-size.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Parts of a volume whose files have so many bytes, and take so many on the disk. */
const partOf = (bytes: number, allocatedBytes: number): number =>
  partSizeBytes(expectedArchiveBytes({ files: 100, bytes, allocatedBytes }));

describe('parts of an upload', () => {
  it('have 8 MiB until the archive would need more of them than a store allows', () => {
    expect(partOf(0, 0)).toBe(8 * MIB);
    expect(partOf(60 * GIB, 60 * GIB)).toBe(8 * MIB);
    const size = partOf(600 * GIB, 600 * GIB);
    expect(size).toBeGreaterThan(64 * MIB);
    expect((600 * GIB) / size).toBeLessThan(9000);
  });

  it('do not grow with the holes of sparse files', () => {
    expect(partOf(1024 * GIB, 0)).toBe(8 * MIB);
    expect(partOf(5000 * GIB, MIB)).toBe(8 * MIB);
    // A thousandth of the holes is left when they are compressed.
    expect(partOf(500_000 * GIB, 0)).toBeGreaterThan(64 * MIB);
  });

  it('take no more than 96 MiB of memory, however large the volume is', () => {
    for (let gigabytes = 1; gigabytes < 100_000; gigabytes = Math.ceil(gigabytes * 1.1)) {
      const size = partOf(gigabytes * GIB, gigabytes * GIB);
      const buffers = partsAtOnce(size) + 1;
      expect(buffers * size).toBeLessThanOrEqual(96 * MIB);
      expect(buffers).toBeGreaterThanOrEqual(1);
      expect(buffers).toBeLessThanOrEqual(4);
    }
  });

  it('hold a little less than a terabyte', () => {
    expect(LARGEST_UPLOAD_BYTES).toBe(10_000 * partOf(5000 * GIB, 5000 * GIB));
  });
});
