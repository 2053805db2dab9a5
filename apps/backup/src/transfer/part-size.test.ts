import { describe, expect, it } from 'vitest';
import { expectedArchiveBytes, LARGEST_UPLOAD_BYTES, partsAtOnce, partSizeBytes } from './part-size.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Part size for a volume with files of `bytes` bytes that take `allocatedBytes` on disk. */
const partOf = (bytes: number, allocatedBytes: number): number =>
  partSizeBytes(expectedArchiveBytes({ files: 100, bytes, allocatedBytes }));

describe('parts of an upload', () => {
  it('have 8 MiB unless the archive would need more parts than a store allows', () => {
    expect(partOf(0, 0)).toBe(8 * MIB);
    expect(partOf(60 * GIB, 60 * GIB)).toBe(8 * MIB);
    const size = partOf(400 * GIB, 400 * GIB);
    expect(size).toBeGreaterThan(48 * MIB);
    expect((400 * GIB) / size).toBeLessThan(9000);
  });

  it('do not grow with holes of sparse files', () => {
    expect(partOf(1024 * GIB, 0)).toBe(8 * MIB);
    expect(partOf(5000 * GIB, MIB)).toBe(8 * MIB);
    // Compressed holes have a thousandth of their size.
    expect(partOf(500_000 * GIB, 0)).toBe(60 * MIB);
  });

  it('take at most 60 MiB of memory for any size of the volume', () => {
    for (let gigabytes = 1; gigabytes < 100_000; gigabytes = Math.ceil(gigabytes * 1.1)) {
      const size = partOf(gigabytes * GIB, gigabytes * GIB);
      const buffers = partsAtOnce(size) + 1;
      expect(buffers * size).toBeLessThanOrEqual(60 * MIB);
      expect(buffers).toBeGreaterThanOrEqual(1);
      expect(buffers).toBeLessThanOrEqual(4);
    }
  });

  it('allow 629 GB in total', () => {
    expect(LARGEST_UPLOAD_BYTES).toBe(600_000 * MIB);
    expect(10_000 * partOf(5000 * GIB, 5000 * GIB)).toBe(LARGEST_UPLOAD_BYTES);
  });
});
