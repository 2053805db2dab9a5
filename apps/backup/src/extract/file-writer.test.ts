import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileWriter } from './file-writer.ts';

const KIBIBYTE = 1024;

/** Bytes of which none is zero, so that what is missing shows. */
const data = (length: number): Buffer => Buffer.alloc(length, 'not a hole ');

/** A body in chunks of odd lengths. */
function* chunks(content: Buffer, length = 65_521): Generator<Buffer> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
}

// A disk takes data past the page cache, a file system in memory may not.
describe.each([tmpdir(), '/dev/shm'])('files that are made in %s', (parent) => {
  let folder: string;
  let writer: FileWriter;
  beforeEach(async () => {
    folder = mkdtempSync(join(parent, 'eevee-test-'));
    writer = await FileWriter.at(Buffer.from(join(folder, 'probe')));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const make = async (content: Buffer, body: Iterable<Buffer> = chunks(content), onData: (bytes: number) => void = () => undefined) => {
    const path = join(folder, `file-${readdirSync(folder).length}`);
    await writer.write({ path: Buffer.from(path), sizeBytes: content.length, body, onChunk: () => undefined, onData });
    return path;
  };

  it('leave no trial file behind', () => {
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([0, 1, 511, 4_095, 4_096, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 5_000_001])(
    'hold what they are given: %i bytes',
    async (length) => {
      const content = data(length);
      expect(readFileSync(await make(content)).equals(content)).toBe(true);
    },
  );

  it('hold each its own when many are made at once', async () => {
    const contents = Array.from({ length: 9 }, (_, index) => Buffer.concat([Buffer.from(`${index}`), data(200_000 + index * 20_000)]));
    const write = async (content: Buffer, index: number) => {
      const path = join(folder, `many-${index}`);
      await writer.write({
        path: Buffer.from(path),
        sizeBytes: content.length,
        body: chunks(content),
        onChunk: () => undefined,
        onData: () => undefined,
      });
      return readFileSync(path).equals(content);
    };
    expect((await Promise.all(contents.map(write))).every(Boolean)).toBe(true);
  });

  it('have holes for long runs of zeros, also at the end, and tell how much was data', async () => {
    const content = Buffer.concat([data(256 * KIBIBYTE), Buffer.alloc(3 * 256 * KIBIBYTE), data(10), Buffer.alloc(512 * KIBIBYTE)]);
    let written = 0;
    const path = await make(content, chunks(content, 64 * KIBIBYTE), (bytes) => (written += bytes));
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(statSync(path).blocks * 512).toBeLessThan(400 * KIBIBYTE);
    expect(written).toBeLessThan(400 * KIBIBYTE);
  });

  it('end with the error of their body, or of what counts their data, and can be made after that', async () => {
    const content = data(1_000_000);
    const failing = function* (): Generator<Buffer> {
      yield content;
      throw new Error('cut off');
    };
    await expect(make(content, failing())).rejects.toThrow('cut off');
    for (let time = 0; time < 20; time++) {
      await expect(
        make(content, chunks(content), () => {
          throw new Error('no room');
        }),
      ).rejects.toThrow('no room');
    }
    expect(readFileSync(await make(content)).equals(content)).toBe(true);
  });
});
