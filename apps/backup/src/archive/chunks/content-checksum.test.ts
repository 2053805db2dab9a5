import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ContentChecksum } from './content-checksum.ts';

const MIB = 1024 * 1024;

describe('the checksum of content', () => {
  it.each([0, 1, 4096, MIB - 1, MIB, MIB + 1, 3 * MIB, 5 * MIB + 77])(
    'equals the CRC-32 of its bytes, with %i zeros in between',
    (zeros) => {
      const [before, after] = [randomBytes(70_001), randomBytes(13)];
      const checksum = new ContentChecksum();
      checksum.add(before);
      checksum.addZeros(zeros);
      checksum.add(after);
      expect(checksum.value).toBe(crc32(Buffer.concat([before, Buffer.alloc(zeros), after])));
    },
  );

  it('adds a terabyte of zeros without reading it', () => {
    const [one, other] = [new ContentChecksum(), new ContentChecksum()];
    for (const checksum of [one, other]) checksum.add(Buffer.from('beginning'));
    one.addZeros(2 ** 40);
    for (let added = 0; added < 2 ** 40; added += 2 ** 38) other.addZeros(2 ** 38);
    expect(one.value).toBe(other.value);
  });
});
