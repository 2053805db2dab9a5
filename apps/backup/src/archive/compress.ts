import { availableParallelism } from 'node:os';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import type { BackupCompression } from '@eeveebot/contract';
import { ZEROS, type ChunkPool } from './chunk-pool.ts';
import { segments } from './density.ts';
import { withLength } from './gzip-member.ts';
import { inOrder } from './in-order.ts';
import { ReusedTransforms, type Resettable } from './reused-transform.ts';

/** Levels that each compression has, and the one it has by default. */
export const LEVELS: Readonly<Record<BackupCompression, { readonly least: number; readonly most: number; readonly usual: number }>> = {
  gzip: { least: 1, most: 9, usual: 6 },
  zstd: { least: 1, most: 19, usual: 3 },
};

/** Enough that all cores have work while chunks are read and written. libuv's pool has four threads unless told otherwise. */
const CHUNKS_AT_ONCE = 2 * Math.min(4, availableParallelism()) + 2;

/**
 * Compresses a stream, each chunk by itself, on all cores: as members of gzip or frames of zstd, which joined are
 * ordinary streams of these. Data that gzip would not make smaller is stored as it is, in members of its own.
 *
 * @param pool where the chunks are given back to.
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3 zstd frames
 */
export async function* compressed(
  chunks: AsyncIterable<Buffer>,
  { compression, level, pool }: { readonly compression: BackupCompression; readonly level: number; readonly pool: ChunkPool },
): AsyncGenerator<Buffer> {
  const compress = compression === 'gzip' ? gzipMembers(level) : zstdFrame(level);
  let zeros: Promise<readonly Buffer[]> | undefined;
  const work = async (chunk: Buffer): Promise<readonly Buffer[]> => {
    if (chunk.equals(ZEROS)) return (zeros ??= compress(ZEROS));
    const result = await compress(chunk);
    pool.give(chunk);
    return result;
  };
  for await (const buffers of inOrder(chunks, { limit: CHUNKS_AT_ONCE, work })) yield* buffers;
}

/** Output buffers of the compressors: what is left of one is used for the next piece. */
const OUTPUT_BYTES = 256 * 1024;

/** Half a megabyte of state instead of a quarter: a twentieth faster. */
const MEMORY_LEVEL = 9;

// Node's types know `reset` of some compressors only; all have it.
function gzipMembers(level: number): (chunk: Buffer) => Promise<readonly Buffer[]> {
  const gzips = (at: number) =>
    new ReusedTransforms(() => createGzip({ level: at, chunkSize: OUTPUT_BYTES, memLevel: MEMORY_LEVEL }) as unknown as Resettable, {
      finish: constants.Z_FINISH,
    });
  const [usual, storing] = [gzips(level), gzips(0)];
  return async (chunk) => {
    const members = await Promise.all(segments(chunk).map(({ bytes, dense }) => (dense ? storing : usual).run([bytes])));
    return members.flatMap((member) => withLength(member));
  };
}

/** Half the usual tables: they stay in a core's own cache, which is a tenth faster, and a MiB needs no larger ones (0.4 % of the size). */
const SMALL_TABLES = { [constants.ZSTD_c_hashLog]: 16, [constants.ZSTD_c_chainLog]: 15 };

function zstdFrame(level: number): (chunk: Buffer) => Promise<readonly Buffer[]> {
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_checksumFlag]: 1,
    ...(level === LEVELS.zstd.usual ? SMALL_TABLES : {}),
  };
  const transforms = new ReusedTransforms(() => createZstdCompress({ chunkSize: OUTPUT_BYTES, params }) as unknown as Resettable, {
    finish: constants.ZSTD_e_end,
  });
  return (chunk) => transforms.run([chunk]);
}
