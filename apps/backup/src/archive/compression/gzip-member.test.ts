import { constants, createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memberLength, MEMBER_HEADER_BYTES, withLength } from './gzip-member.ts';
import { ReusedTransforms, type Resettable } from './reused-transform.ts';

const content = Buffer.from('what a bot remembers, '.repeat(500));

/** Splits `bytes` into buffers, the first of which have the given lengths. */
function pieces(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const cut: Buffer[] = [];
  let from = 0;
  for (const length of [...lengths, bytes.length]) {
    cut.push(bytes.subarray(from, from + length));
    from += length;
  }
  return cut;
}

describe('a gzip member with a length', () => {
  it.each([[[]], [[1]], [[9]], [[10]], [[11]], [[0]], [[3, 3, 3, 3]], [[1, 0, 2, 5, 1]], [[9, 1]]])(
    'is valid when zlib returns it in buffers of %j bytes',
    (lengths) => {
      const member = Buffer.concat(withLength(pieces(gzipSync(content), lengths)));
      expect(gunzipSync(member).equals(content)).toBe(true);
      expect(memberLength(member.subarray(0, MEMBER_HEADER_BYTES))).toBe(member.length);
    },
  );

  it('is valid at any offset in the output buffer of the compressor', async () => {
    // Each member starts at the end of the previous one: with buffers of 64 bytes, every seventh starts with less room than a header needs.
    const gzips = new ReusedTransforms(() => createGzip({ chunkSize: 64 }) as unknown as Resettable, { finish: constants.Z_FINISH });
    for (let length = 1; length < 300; length++) {
      const bytes = content.subarray(length, 3 * length);
      const member = Buffer.concat(withLength(await gzips.run([bytes])));
      expect(gunzipSync(member).equals(bytes), `${bytes.length} bytes`).toBe(true);
    }
  });
});
