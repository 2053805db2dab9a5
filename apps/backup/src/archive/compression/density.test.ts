import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { segments } from './density.ts';

const KIB = 1024;
const text = Buffer.from('the quick brown fox jumps over the lazy dog. '.repeat(10_000));

describe('segments', () => {
  it('are the whole chunk for text and for random bytes', () => {
    expect(segments(text)).toEqual([{ bytes: text, dense: false }]);
    const random = randomBytes(1024 * KIB);
    expect(segments(random)).toEqual([{ bytes: random, dense: true }]);
  });

  it('are split between text and random bytes without losing data', () => {
    const chunk = Buffer.concat([text.subarray(0, 128 * KIB), randomBytes(256 * KIB), text.subarray(0, 100 * KIB)]);
    const found = segments(chunk);
    expect(found.map(({ bytes, dense }) => [bytes.length / KIB, dense])).toEqual([
      [128, false],
      [256, true],
      [100, false],
    ]);
    expect(Buffer.concat(found.map(({ bytes }) => bytes)).equals(chunk)).toBe(true);
  });

  it('are compressed for random bytes encoded as Base64 or hexadecimal', () => {
    for (const encoding of ['base64', 'hex'] as const) {
      expect(segments(Buffer.from(randomBytes(200 * KIB).toString(encoding))).map(({ dense }) => dense)).toEqual([false]);
    }
  });

  it('do not split short chunks', () => {
    expect(segments(Buffer.alloc(0))).toHaveLength(1);
    expect(segments(randomBytes(100))).toHaveLength(1);
  });
});
