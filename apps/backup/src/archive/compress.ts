import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { BackupCompression } from '@eeveebot/contract';
import { withLength } from './gzip-member.ts';
import { inOrder } from './in-order.ts';
import { CHUNK_BYTES, ZEROS } from './write.ts';

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);

/** Levels that each compression has, and the one it has by default. */
export const LEVELS: Readonly<Record<BackupCompression, { readonly least: number; readonly most: number; readonly usual: number }>> = {
  gzip: { least: 1, most: 9, usual: 6 },
  zstd: { least: 1, most: 19, usual: 3 },
};

/** One chunk more than cores: while one waits to be written, all have work. libuv's pool has four threads unless told otherwise. */
const CHUNKS_AT_ONCE = Math.min(4, availableParallelism()) + 1;

/**
 * Compresses a stream, each chunk by itself, on all cores: as members of gzip or frames of zstd, which joined are
 * ordinary streams of these.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3 zstd frames
 */
export async function* compressed(
  chunks: AsyncIterable<Buffer>,
  { compression, level }: { readonly compression: BackupCompression; readonly level: number },
): AsyncGenerator<Buffer> {
  const compress = compression === 'gzip' ? gzipMember(level) : zstdFrame(level);
  let zeros: Promise<readonly Buffer[]> | undefined;
  const work = (chunk: Buffer): Promise<readonly Buffer[]> => (chunk.equals(ZEROS) ? (zeros ??= compress(ZEROS)) : compress(chunk));
  for await (const buffers of inOrder(chunks, { limit: CHUNKS_AT_ONCE, work })) yield* buffers;
}

const gzipMember =
  (level: number) =>
  async (chunk: Buffer): Promise<readonly Buffer[]> =>
    withLength(await gzipAsync(chunk, { level, chunkSize: CHUNK_BYTES, memLevel: 9 }));

const zstdFrame =
  (level: number) =>
  async (chunk: Buffer): Promise<readonly Buffer[]> => [
    await zstdAsync(chunk, {
      chunkSize: CHUNK_BYTES,
      params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
    }),
  ];
