import { randomBytes } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../../errors.ts';
import { CHUNK_BYTES } from '../chunks/chunk-pool.ts';
import { decompressArchive } from './decompress.ts';
import { withLength } from './gzip-member.ts';
import { FRAME_BYTES } from './zstd-frames.ts';

const ONE = Buffer.from('one ');
const TWO = Buffer.alloc(300_000, 'two ');

const ownMember = (content: Buffer): Buffer => Buffer.concat(withLength([gzipSync(content)]));

/** A member whose stated length exceeds its stream. */
const memberWith = (behind: Buffer): Buffer => Buffer.concat(withLength([Buffer.concat([gzipSync(ONE), behind])]));

const FORMATS: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  'gzip members': gzipSync,
  'gzip members with a length': ownMember,
  'zstd frames': zstdCompressSync,
};

interface Way {
  readonly cores: number;
  readonly pieceBytes: number;
}

/** Reads an archive that arrives in buffers of the given size. */
async function contentOf(archive: Buffer, { cores, pieceBytes }: Way): Promise<Buffer> {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < archive.length; at += pieceBytes) yield archive.subarray(at, at + pieceBytes);
  }
  const content: Buffer[] = [];
  for await (const chunk of decompressArchive(pieces(), { cores })) content.push(Buffer.from(chunk));
  return Buffer.concat(content);
}

async function outcome(archive: Buffer, way: Way): Promise<string> {
  try {
    const content = await contentOf(archive, way);
    return content.equals(Buffer.concat([ONE, TWO])) ? 'read' : 'read as something else';
  } catch (error) {
    if (error instanceof BackupError && error.kind === 'integrity') return 'refused';
    throw error;
  }
}

/** A zstd frame with a window of that many bytes (a power of two) and one block that is not compressed. */
function frameWithWindow(log: number, content: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (log - 10) << 3, 0, 0, 0]);
  header.writeUIntLE((content.length << 3) | 1, 6, 3);
  return Buffer.concat([header, content]);
}

const GARBAGE: Readonly<Record<string, Buffer>> = {
  text: Buffer.from('garbage'),
  'a byte': Buffer.from('x'),
  'zeros and text': Buffer.from('\0\0\0garbage'),
  'many zeros and a byte': Buffer.concat([Buffer.alloc(100_000), Buffer.from('x')]),
  'zeros and a gzip member': Buffer.concat([Buffer.alloc(10), gzipSync('x')]),
  'zeros and a gzip member with a length': Buffer.concat([Buffer.alloc(10), ownMember(ONE)]),
  'zeros and a zstd frame': Buffer.concat([Buffer.alloc(10), zstdCompressSync('x')]),
  'the beginning of a member': gzipSync('x').subarray(0, 12),
  'a byte of a member': gzipSync('x').subarray(0, 1),
  'the beginning of a member with a length': ownMember(ONE).subarray(0, 25),
};

const WAYS = [1, 4].flatMap((cores) => [13, 1000, 1_000_000].map((pieceBytes) => ({ cores, pieceBytes })));

describe.each(WAYS)('an archive read on $cores cores in buffers of $pieceBytes bytes', (way) => {
  it.each(Object.entries(FORMATS))('with %s is read', async (_, compress) => {
    expect(await outcome(Buffer.concat([compress(ONE), compress(TWO)]), way)).toBe('read');
  });

  it.each(
    Object.entries(FORMATS).flatMap(([format, compress]) =>
      Object.entries(GARBAGE).map(([what, bytes]) => ({ format, compress, what, bytes })),
    ),
  )('with $format followed by $what is rejected', async ({ compress, bytes }) => {
    expect(await outcome(Buffer.concat([compress(ONE), compress(TWO), bytes]), way)).toBe('refused');
  });

  it.each(Object.entries(FORMATS).filter(([format]) => format.includes('gzip')))(
    'with %s may be padded with zeros',
    async (_, compress) => {
      expect(await outcome(Buffer.concat([compress(ONE), compress(TWO), Buffer.alloc(40_000)]), way)).toBe('read');
    },
  );

  it('with zstd frames is rejected when padded or truncated', async () => {
    const archive = Buffer.concat([zstdCompressSync(ONE), zstdCompressSync(TWO)]);
    expect(await outcome(Buffer.concat([archive, Buffer.alloc(1)]), way)).toBe('refused');
    const [first, second] = [zstdCompressSync(Buffer.concat([ONE, TWO])), zstdCompressSync('x')];
    for (let bytes = 1; bytes < second.length; bytes++)
      expect(await outcome(Buffer.concat([first, second.subarray(0, bytes)]), way), `${bytes} bytes`).toBe('refused');
  });

  it('with a zstd window that would take too much memory is rejected with the reason', async () => {
    const archive = (log: number): Buffer => Buffer.concat([frameWithWindow(log, ONE), zstdCompressSync(TWO)]);
    expect(await outcome(archive(25), way)).toBe('read');
    await expect(contentOf(archive(26), way)).rejects.toThrow(/window of more than 32 MiB: compress it again without --long/);
  });

  it('with all kinds of zstd frames is read', async () => {
    const skippable = Buffer.from('5a2a4d1803000000aabbcc', 'hex');
    const { ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag } = constants;
    const kinds = [
      zstdCompressSync(ONE, { params: { [ZSTD_c_checksumFlag]: 1 } }),
      zstdCompressSync(TWO.subarray(0, 100), { params: { [ZSTD_c_contentSizeFlag]: 0 } }),
      // A repeated byte, and an uncompressed block.
      zstdCompressSync(TWO.subarray(100, 104)),
      zstdCompressSync(TWO.subarray(104)),
      zstdCompressSync(''),
    ];
    expect(await outcome(Buffer.concat(kinds.flatMap((frame) => [skippable, frame, skippable])), way)).toBe('read');
    expect(await outcome(Buffer.concat([...kinds, skippable.subarray(0, -1)]), way)).toBe('refused');
  });

  it.each(['\0', '\0garbage', 'x'])('with a member whose length includes %j after its stream is rejected', async (behind) => {
    expect(await outcome(Buffer.concat([memberWith(Buffer.from(behind)), ownMember(TWO)]), way)).toBe('refused');
  });
});

it.each([1, 4])('an archive with zstd frames of all sizes is read on %i cores, and rejected once any is damaged', async (cores) => {
  const { ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag, ZSTD_c_windowLog } = constants;
  const noSize = { [ZSTD_c_checksumFlag]: 1, [ZSTD_c_contentSizeFlag]: 0, [ZSTD_c_windowLog]: 19 };
  const [random, text, hole] = [randomBytes(6 * CHUNK_BYTES), Buffer.alloc(6 * CHUNK_BYTES, 'text '), Buffer.alloc(CHUNK_BYTES)];
  const parts = [
    [random.subarray(0, FRAME_BYTES), { [ZSTD_c_checksumFlag]: 1 }],
    ...Array.from({ length: 3 }, () => [hole, noSize] as const),
    // Nothing follows the header of the last block.
    [Buffer.alloc(0), {}],
    // More content than a frame of this tool has, in fewer bytes.
    [text, noSize],
    [text.subarray(0, 1000), noSize],
    // More bytes than a frame of this tool has.
    [random, noSize],
    [text.subarray(0, FRAME_BYTES), noSize],
  ] as const;
  const frames = parts.map(([content, params]) => zstdCompressSync(content, { params }));
  const way = { cores, pieceBytes: 700_000 };
  expect((await contentOf(Buffer.concat(frames), way)).equals(Buffer.concat(parts.map(([content]) => content)))).toBe(true);
  for (const [index, frame] of frames.entries()) {
    const damaged = Buffer.from(frame);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
    expect(await outcome(Buffer.concat(frames.with(index, damaged)), way), `frame ${index}`).toBe('refused');
  }
});
