import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { segments } from './density.ts';

const KIB = 1024;
const text = Buffer.from('the quick brown fox jumps over the lazy dog. '.repeat(10_000));

describe('segments', () => {
  it('keep a chunk of text, or of random bytes, whole', () => {
    expect(segments(text)).toEqual([{ bytes: text, dense: false }]);
    const random = randomBytes(1024 * KIB);
    expect(segments(random)).toEqual([{ bytes: random, dense: true }]);
  });

  it('are cut where text and random bytes meet, and are the chunk when joined', () => {
    const chunk = Buffer.concat([text.subarray(0, 128 * KIB), randomBytes(256 * KIB), text.subarray(0, 100 * KIB)]);
    const found = segments(chunk);
    expect(found.map(({ bytes, dense }) => [bytes.length / KIB, dense])).toEqual([
      [128, false],
      [256, true],
      [100, false],
    ]);
    expect(Buffer.concat(found.map(({ bytes }) => bytes)).equals(chunk)).toBe(true);
  });

  it('do not store what Base64 or hexadecimal digits have made of random bytes', () => {
    for (const encoding of ['base64', 'hex'] as const) {
      expect(segments(Buffer.from(randomBytes(200 * KIB).toString(encoding))).map(({ dense }) => dense)).toEqual([false]);
    }
  });

  it('leave short ends as they are', () => {
    expect(segments(Buffer.alloc(0))).toHaveLength(1);
    expect(segments(randomBytes(100))).toHaveLength(1);
  });
});
