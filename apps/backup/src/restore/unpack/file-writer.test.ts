import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileWriter } from './file-writer.ts';

const KIBIBYTE = 1024;

/** Nonzero bytes, so that missing data is detected. */
const data = (length: number): Buffer => Buffer.alloc(length, 'not a hole ');

/** A body in chunks of an odd length. */
async function* chunks(content: Buffer, length = 65_521): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
}

// Disks support O_DIRECT, a file system in memory may not.
describe.each([tmpdir(), '/dev/shm'])('files created in %s', (parent) => {
  let folder: string;
  let writer: FileWriter;
  /** Paths of closed files, in order. */
  let written: string[];
  beforeEach(async () => {
    folder = mkdtempSync(join(parent, 'eevee-test-'));
    written = [];
    writer = await FileWriter.at(Buffer.from(join(folder, 'probe')));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const make = async (
    content: Buffer,
    body: AsyncIterable<Buffer> = chunks(content),
    onData: (bytes: number) => void = () => undefined,
  ) => {
    const path = join(folder, `file-${readdirSync(folder).length}`);
    await writer.write({
      path: Buffer.from(path),
      sizeBytes: content.length,
      body,
      onChunk: () => undefined,
      onData,
      onWritten: () => written.push(path),
    });
    await writer.settle();
    return path;
  };

  it('leave no probe file', () => {
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([0, 1, 511, 4_095, 4_096, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 5_000_001])(
    'contain their body: %i bytes',
    async (length) => {
      const content = data(length);
      expect(readFileSync(await make(content)).equals(content)).toBe(true);
    },
  );

  it('contain their own bodies when written concurrently, and are reported when complete', async () => {
    const contents = Array.from({ length: 30 }, (_, index) => Buffer.concat([Buffer.from(`${index}`), data(20_000 + index * 20_000)]));
    const whole: number[] = [];
    for (const [index, content] of contents.entries()) {
      const path = join(folder, `many-${index}`);
      await writer.write({
        path: Buffer.from(path),
        sizeBytes: content.length,
        body: chunks(content),
        onChunk: () => undefined,
        onData: () => undefined,
        onWritten: () => {
          if (readFileSync(path).equals(content)) whole.push(index);
        },
      });
    }
    await writer.settle();
    expect(whole.toSorted((a, b) => a - b)).toEqual(contents.map((_, index) => index));
  });

  it('have holes for long zero ranges, also at the end, and report the size of their data', async () => {
    const content = Buffer.concat([data(256 * KIBIBYTE), Buffer.alloc(3 * 256 * KIBIBYTE), data(10), Buffer.alloc(512 * KIBIBYTE)]);
    let bytesWritten = 0;
    const path = await make(content, chunks(content, 64 * KIBIBYTE), (bytes) => (bytesWritten += bytes));
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(statSync(path).blocks * 512).toBeLessThan(400 * KIBIBYTE);
    expect(bytesWritten).toBeLessThan(400 * KIBIBYTE);
  });

  it.each([10_000, 100_000, 1_000_000])('fail with the error of their body: %i bytes', async (length) => {
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield data(length);
      throw new Error('cut off');
    };
    const noted = { onChunk: () => undefined, onData: () => undefined, onWritten: () => written.push('unexpected') };
    // At once: continuing to read after a failed body would report a different error.
    await expect(writer.write({ path: Buffer.from(join(folder, 'cut')), sizeBytes: length, body: failing(), ...noted })).rejects.toThrow(
      'cut off',
    );
    await writer.ended();
    expect(written).toEqual([]);
  });

  it.each([10_000, 100_000, 1_000_000, 9_000_000])('fail with the error of onData: %i bytes', async (length) => {
    const failing = (): void => {
      throw new Error('no room');
    };
    await expect(make(data(length), chunks(data(length)), failing)).rejects.toThrow('no room');
    expect(written).toEqual([]);
    // No further file is started, and none is in progress.
    await expect(make(data(10))).rejects.toThrow('no room');
    await writer.ended();
  });

  it('fail with the error of the file system: an existing name', async () => {
    const taken = await make(data(10));
    for (const length of [10, 300_000]) {
      const other = await FileWriter.at(Buffer.from(join(folder, 'probe')));
      const file = { path: Buffer.from(taken), sizeBytes: length, body: chunks(data(length)) };
      const noted = { onChunk: () => undefined, onData: () => undefined, onWritten: () => undefined };
      await expect(other.write({ ...file, ...noted }).then(() => other.settle())).rejects.toThrow('EEXIST');
    }
    expect(readFileSync(taken).equals(data(10))).toBe(true);
  });
});
