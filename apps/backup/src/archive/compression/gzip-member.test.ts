import { constants, createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memberLength, MEMBER_HEADER_BYTES, withLength } from './gzip-member.ts';
import { ReusedTransforms, type Resettable } from './reused-transform.ts';

const content = Buffer.from('what a bot remembers, '.repeat(500));

/** `bytes` in pieces of which the first ones have the given lengths. */
function pieces(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const cut: Buffer[] = [];
  let from = 0;
  for (const length of [...lengths, bytes.length]) {
    cut.push(bytes.subarray(from, from + length));
    from += length;
  }
  return cut;
}

describe('a member that says its length', () => {
  it.each([[[]], [[1]], [[9]], [[10]], [[11]], [[0]], [[3, 3, 3, 3]], [[1, 0, 2, 5, 1]], [[9, 1]]])(
    'is whole when zlib gives it in pieces of %j bytes',
    (lengths) => {
      const member = Buffer.concat(withLength(pieces(gzipSync(content), lengths)));
      expect(gunzipSync(member).equals(content)).toBe(true);
      expect(memberLength(member.subarray(0, MEMBER_HEADER_BYTES))).toBe(member.length);
    },
  );

  it('is whole wherever in a buffer of the compressor it begins', async () => {
    // Each member begins where the one before ended: with buffers of 64 bytes, every seventh with less room than a header has.
    const gzips = new ReusedTransforms(() => createGzip({ chunkSize: 64 }) as unknown as Resettable, { finish: constants.Z_FINISH });
    for (let length = 1; length < 300; length++) {
      const bytes = content.subarray(length, 3 * length);
      const member = Buffer.concat(withLength(await gzips.run([bytes])));
      expect(gunzipSync(member).equals(bytes), `${bytes.length} bytes`).toBe(true);
    }
  });
});
