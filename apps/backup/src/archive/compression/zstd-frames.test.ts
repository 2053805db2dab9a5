import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isZstd, ZstdFrames } from './zstd-frames.ts';

const CONTENTS: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'a repeated byte': Buffer.alloc(1_000_000),
  'bytes that do not compress': randomBytes(300_000),
  text: Buffer.alloc(300_000, 'some text, and more '),
};

describe.each(Object.entries(CONTENTS))('a zstd frame with %s', (_, content) => {
  it.each([0, 1].flatMap((checksum) => [0, 1].map((size) => ({ checksum, size }))))('is tracked to its end: %o', ({ checksum, size }) => {
    const { ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag } = constants;
    const frame = zstdCompressSync(content, { params: { [ZSTD_c_checksumFlag]: checksum, [ZSTD_c_contentSizeFlag]: size } });
    expect(isZstd(frame)).toBe(true);
    const frames = new ZstdFrames();
    for (let at = 0; at < frame.length; at += 97) {
      expect(frames.isWhole).toBe(at === 0);
      frames.follow(frame.subarray(at, at + 97));
    }
    expect(frames.isWhole).toBe(true);
    expect(frames.followOne(Buffer.concat([frame, frame]))).toBe(frame.length);
    frames.follow(frame.subarray(0, 1));
    expect(frames.isWhole).toBe(false);
  });
});
