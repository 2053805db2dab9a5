import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { CHUNK_BYTES, ChunkPool, ZEROS } from '../chunks/chunk-pool.ts';
import { compressArchive, LEVELS } from './compress.ts';
import { decompressArchive } from './decompress.ts';
import { FRAME_BYTES } from './zstd-frames.ts';

const text = (bytes: number): Buffer => Buffer.alloc(bytes, 'a line of text that can be compressed\n');

/** Compresses the chunks, and takes a copy of each yielded buffer, which is valid only until the next one. */
async function compressed(chunks: readonly Buffer[], compression: 'gzip' | 'zstd') {
  async function* source(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield chunk;
  }
  const copies: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  for await (const buffer of compressArchive(source(), { compression, level: LEVELS[compression].usual, pool: new ChunkPool() })) {
    copies.push(Buffer.from(buffer));
    memory.add(buffer.buffer);
  }
  return { copies, memory };
}

it.each(['gzip', 'zstd'] as const)('compresses with %s so that all of it comes back, whatever it contains', async (compression) => {
  const chunks = [
    ...Array.from({ length: 9 }, () => randomBytes(CHUNK_BYTES)),
    ...Array.from({ length: 6 }, () => ZEROS),
    text(CHUNK_BYTES),
    Buffer.concat([text(1000), randomBytes(CHUNK_BYTES - 1000)]),
    Buffer.alloc(CHUNK_BYTES),
    randomBytes(1),
  ];
  const expected = Buffer.concat(chunks);
  const { copies } = await compressed(chunks, compression);
  async function* archive(): AsyncGenerator<Buffer> {
    yield* copies;
  }
  let at = 0;
  for await (const chunk of decompressArchive(archive())) {
    expect(chunk.equals(expected.subarray(at, at + chunk.length))).toBe(true);
    at += chunk.length;
  }
  expect(at).toBe(expected.length);
});

it('reuses the buffers of zstd frames, so that memory does not grow with the archive', async () => {
  const { copies, memory } = await compressed(
    Array.from({ length: 80 }, () => randomBytes(CHUNK_BYTES)),
    'zstd',
  );
  expect(copies).toHaveLength(20);
  // One for each frame in progress, and the one that is read.
  expect(memory.size).toBeLessThanOrEqual(Math.min(4, availableParallelism()) + 2);
});

it('states in each whole zstd frame how large its content is', async () => {
  const { copies } = await compressed(
    Array.from({ length: 9 }, () => randomBytes(CHUNK_BYTES)),
    'zstd',
  );
  // A single segment with a size of four bytes.
  expect(copies.map((frame) => (frame.readUInt8(4) >> 5 === 0b101 ? frame.readUInt32LE(5) : undefined))).toEqual([
    FRAME_BYTES,
    FRAME_BYTES,
    undefined,
  ]);
});
