import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../../errors.ts';
import { decompressed } from './decompress.ts';
import { withLength } from './gzip-member.ts';

const ONE = Buffer.from('one ');
const TWO = Buffer.alloc(300_000, 'two ');

const ownMember = (content: Buffer): Buffer => Buffer.concat(withLength([gzipSync(content)]));

/** A member of ours that says it is longer than the stream in it. */
const memberWith = (behind: Buffer): Buffer => Buffer.concat(withLength([Buffer.concat([gzipSync(ONE), behind])]));

const FORMATS: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  'members of gzip': gzipSync,
  'members of gzip that say their length': ownMember,
  'frames of zstd': zstdCompressSync,
};

/** Reads an archive that arrives in pieces of the given size. */
async function outcome(archive: Buffer, { cores, pieceBytes }: { readonly cores: number; readonly pieceBytes: number }): Promise<string> {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < archive.length; at += pieceBytes) yield archive.subarray(at, at + pieceBytes);
  }
  const content: Buffer[] = [];
  try {
    for await (const chunk of decompressed(pieces(), { cores })) content.push(Buffer.from(chunk));
  } catch (error) {
    if (error instanceof BackupError && error.kind === 'integrity') return 'refused';
    throw error;
  }
  return Buffer.concat(content).equals(Buffer.concat([ONE, TWO])) ? 'read' : 'read as something else';
}

const GARBAGE: Readonly<Record<string, Buffer>> = {
  text: Buffer.from('garbage'),
  'a byte': Buffer.from('x'),
  'zeros and text': Buffer.from('\0\0\0garbage'),
  'many zeros and a byte': Buffer.concat([Buffer.alloc(100_000), Buffer.from('x')]),
  'zeros and a member of gzip': Buffer.concat([Buffer.alloc(10), gzipSync('x')]),
  'zeros and a member of ours': Buffer.concat([Buffer.alloc(10), ownMember(ONE)]),
  'zeros and a frame of zstd': Buffer.concat([Buffer.alloc(10), zstdCompressSync('x')]),
  'the beginning of a member': gzipSync('x').subarray(0, 12),
  'a byte of a member': gzipSync('x').subarray(0, 1),
  'the beginning of a member of ours': ownMember(ONE).subarray(0, 25),
};

const WAYS = [1, 4].flatMap((cores) => [13, 1000, 1_000_000].map((pieceBytes) => ({ cores, pieceBytes })));

describe.each(WAYS)('an archive that is read on $cores cores in pieces of $pieceBytes bytes', (way) => {
  it.each(Object.entries(FORMATS))('of %s is read', async (_, compress) => {
    expect(await outcome(Buffer.concat([compress(ONE), compress(TWO)]), way)).toBe('read');
  });

  it.each(
    Object.entries(FORMATS).flatMap(([format, compress]) =>
      Object.entries(GARBAGE).map(([what, bytes]) => ({ format, compress, what, bytes })),
    ),
  )('of $format, and after them $what, is refused', async ({ compress, bytes }) => {
    expect(await outcome(Buffer.concat([compress(ONE), compress(TWO), bytes]), way)).toBe('refused');
  });

  it.each(Object.entries(FORMATS).filter(([format]) => format.includes('gzip')))('of %s may be padded with zeros', async (_, compress) => {
    expect(await outcome(Buffer.concat([compress(ONE), compress(TWO), Buffer.alloc(40_000)]), way)).toBe('read');
  });

  it('of frames of zstd is not padded, nor cut short, by any number of bytes', async () => {
    const archive = Buffer.concat([zstdCompressSync(ONE), zstdCompressSync(TWO)]);
    expect(await outcome(Buffer.concat([archive, Buffer.alloc(1)]), way)).toBe('refused');
    const [first, second] = [zstdCompressSync(Buffer.concat([ONE, TWO])), zstdCompressSync('x')];
    for (let bytes = 1; bytes < second.length; bytes++)
      expect(await outcome(Buffer.concat([first, second.subarray(0, bytes)]), way), `${bytes} bytes`).toBe('refused');
  });

  it('of frames of zstd of all kinds is read', async () => {
    const skippable = Buffer.from('5a2a4d1803000000aabbcc', 'hex');
    const { ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag } = constants;
    const kinds = [
      zstdCompressSync(ONE, { params: { [ZSTD_c_checksumFlag]: 1 } }),
      zstdCompressSync(TWO.subarray(0, 100), { params: { [ZSTD_c_contentSizeFlag]: 0 } }),
      // One that repeats a byte, and one that is stored as it is.
      zstdCompressSync(TWO.subarray(100, 104)),
      zstdCompressSync(TWO.subarray(104)),
      zstdCompressSync(''),
    ];
    expect(await outcome(Buffer.concat(kinds.flatMap((frame) => [skippable, frame, skippable])), way)).toBe('read');
    expect(await outcome(Buffer.concat([...kinds, skippable.subarray(0, -1)]), way)).toBe('refused');
  });

  it.each(['\0', '\0garbage', 'x'])('of a member that says more than it has, %j, is refused', async (behind) => {
    expect(await outcome(Buffer.concat([memberWith(Buffer.from(behind)), ownMember(TWO)]), way)).toBe('refused');
  });
});
