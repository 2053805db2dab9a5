import { randomBytes } from 'node:crypto';
import { constants, createGunzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { OutputLimitError, ReusedTransforms, type Resettable } from './reused-transform.ts';

const OUTPUT_BYTES = 64 * 1024;
const CONTENT = randomBytes(50_000);

function gunzips(): { readonly reused: ReusedTransforms; readonly created: Resettable[] } {
  const created: Resettable[] = [];
  const create = () => {
    const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES }) as unknown as Resettable;
    created.push(gunzip);
    return gunzip;
  };
  return { reused: new ReusedTransforms(create, { finish: constants.Z_FINISH }), created };
}

describe('a reused transform that writes into a buffer', () => {
  it('produces its output there, without buffers of its own', async () => {
    const { reused, created } = gunzips();
    const target = Buffer.alloc(OUTPUT_BYTES);
    await reused.runInto([gzipSync(CONTENT)], target);
    const pieces: Buffer[] = [];
    // If this fails after an upgrade of Node, the content is still correct, but copied.
    created[0]?.on('data', (piece: Buffer) => pieces.push(piece));
    expect(await reused.runInto([gzipSync(CONTENT)], target)).toBe(CONTENT.length);
    expect(created).toHaveLength(1);
    expect(pieces.map(({ buffer }) => buffer === target.buffer)).toEqual([true]);
    expect(target.subarray(0, CONTENT.length).equals(CONTENT)).toBe(true);
  });

  it('does not touch the buffer when the next run has none', async () => {
    const { reused } = gunzips();
    const target = Buffer.alloc(OUTPUT_BYTES);
    await reused.runInto([gzipSync(CONTENT)], target);
    target.fill(7);
    expect(Buffer.concat(await reused.run([gzipSync(Buffer.alloc(2 * OUTPUT_BYTES, 1))]))).toEqual(Buffer.alloc(2 * OUTPUT_BYTES, 1));
    expect(target.every((byte) => byte === 7)).toBe(true);
  });

  it('does not write beyond the buffer', async () => {
    const { reused } = gunzips();
    const memory = Buffer.alloc(3 * OUTPUT_BYTES, 7);
    await reused.runInto([gzipSync(CONTENT)], memory.subarray(OUTPUT_BYTES, 2 * OUTPUT_BYTES));
    expect(memory.subarray(OUTPUT_BYTES, OUTPUT_BYTES + CONTENT.length).equals(CONTENT)).toBe(true);
    expect(memory.subarray(0, OUTPUT_BYTES).every((byte) => byte === 7)).toBe(true);
    expect(memory.subarray(2 * OUTPUT_BYTES).every((byte) => byte === 7)).toBe(true);
  });

  it.each([60_000, OUTPUT_BYTES, 2 * OUTPUT_BYTES, 200_000, 300_000])('fills a buffer of %i bytes with as many', async (bytes) => {
    const { reused } = gunzips();
    const content = randomBytes(bytes);
    const target = Buffer.alloc(bytes);
    for (let run = 0; run < 3; run++) {
      target.fill(0);
      expect(await reused.runInto([gzipSync(content)], target)).toBe(bytes);
      expect(target.equals(content)).toBe(true);
    }
  });

  it.each([10, OUTPUT_BYTES, 2 * OUTPUT_BYTES])('rejects more than %i bytes for a buffer of that size', async (bytes) => {
    const { reused } = gunzips();
    await expect(reused.runInto([gzipSync(Buffer.alloc(bytes + 1))], Buffer.alloc(bytes))).rejects.toThrow(OutputLimitError);
  });

  it('keeps the results of concurrent runs apart', async () => {
    const { reused } = gunzips();
    const contents = Array.from({ length: 6 }, () => randomBytes(OUTPUT_BYTES - 1));
    const targets = contents.map(() => Buffer.alloc(OUTPUT_BYTES));
    await Promise.all(contents.map((content, index) => reused.runInto([gzipSync(content)], targets[index] ?? Buffer.alloc(0))));
    for (const [index, content] of contents.entries()) expect(targets[index]?.subarray(0, content.length).equals(content)).toBe(true);
  });
});
