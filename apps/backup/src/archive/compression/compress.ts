/**
 * Compression on all cores. This file batches chunks and compresses each batch independently: `density.ts` finds incompressible data,
 * `gzip-member.ts` adds the length to a member. `decompress.ts` splits the stream again (`gzip-member.ts`, `zstd-frames.ts`) and inflates
 * members and frames concurrently (`inflate-members.ts`, `decompress-frames.ts`). Both reuse transforms (`reused-transform.ts`) and keep the order (`in-order.ts`).
 */
import { availableParallelism } from 'node:os';
import { constants, createGzip, createZstdCompress, type ZstdOptions } from 'node:zlib';
import type { BackupCompression } from '@eeveebot/contract';
import { BufferPool } from '../chunks/buffer-pool.ts';
import { CHUNK_BYTES, ZEROS, type ChunkPool } from '../chunks/chunk-pool.ts';
import { segments } from './density.ts';
import { withLength } from './gzip-member.ts';
import { inOrder } from './in-order.ts';
import { ReusedTransforms, type Resettable } from './reused-transform.ts';
import { FRAME_BOUND, FRAME_BYTES } from './zstd-frames.ts';

/** The range of levels of each compression and the default level. */
export const LEVELS: Readonly<Record<BackupCompression, { readonly least: number; readonly most: number; readonly usual: number }>> = {
  gzip: { least: 1, most: 9, usual: 6 },
  zstd: { least: 1, most: 19, usual: 3 },
};

/** Threads of libuv's pool, which does the work. */
const POOL_THREADS = 4;

const CORES = Math.min(POOL_THREADS, availableParallelism());

/** How a stream is split into batches that are compressed independently. */
interface Batching {
  /** Chunks per batch. */
  readonly chunks: number;
  /** Batches in progress at once: enough to keep all cores busy while others are read and written. */
  readonly concurrency: number;
  /** @param pool receives the chunks as soon as they are no longer read. */
  readonly compress: (chunks: readonly Buffer[], pool: ChunkPool) => Promise<readonly Buffer[]>;
  /** Takes back a buffer of `compress` that is no longer read. */
  readonly release?: (buffer: Buffer) => void;
}

/**
 * Compresses a stream in independent batches on all cores. Each batch becomes gzip members or a zstd frame, whose concatenation is an
 * ordinary stream. Data that gzip cannot shrink is stored uncompressed in members of its own. A yielded buffer is valid until the next one
 * is requested.
 *
 * @param pool receives the chunks after use.
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3 zstd frames
 */
export async function* compressArchive(
  chunks: AsyncIterable<Buffer>,
  { compression, level, pool }: { readonly compression: BackupCompression; readonly level: number; readonly pool: ChunkPool },
): AsyncGenerator<Buffer> {
  const batching = compression === 'gzip' ? gzipMembers(level) : zstdFrames(level);
  const zeros = new CompressedZeros(() => batching.compress([ZEROS], pool));
  const work = async (batch: readonly Buffer[]): Promise<readonly Buffer[]> => {
    if (batch[0] === ZEROS) return [await zeros.chunks(batch.length)];
    return batching.compress(batch, pool);
  };
  for await (const buffers of inOrder(batches(chunks, { most: batching.chunks, pool }), { limit: batching.concurrency, work })) {
    yield* buffers;
    for (const buffer of buffers) batching.release?.(buffer);
  }
}

/** Chunks of zeros per batch: a hole of a terabyte is a million chunks. */
const ZEROS_AT_ONCE = 64;

/** Groups chunks into batches of up to `most`; chunks of zeros form their own batches. */
async function* batches(
  chunks: AsyncIterable<Buffer>,
  { most, pool }: { readonly most: number; readonly pool: ChunkPool },
): AsyncGenerator<readonly Buffer[]> {
  let batch: Buffer[] = [];
  for await (const chunk of chunks) {
    const isHole = chunk.equals(ZEROS);
    if (batch.length > 0 && isHole !== (batch[0] === ZEROS)) {
      yield batch;
      batch = [];
    }
    if (isHole) pool.give(chunk);
    batch.push(isHole ? ZEROS : chunk);
    if (batch.length < (isHole ? ZEROS_AT_ONCE : most)) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The compressed form of chunks of zeros, computed once. */
class CompressedZeros {
  readonly #compress: () => Promise<readonly Buffer[]>;
  #one: Promise<Buffer> | undefined;
  #most: Buffer | undefined;

  constructor(compress: () => Promise<readonly Buffer[]>) {
    this.#compress = compress;
  }

  /** The compressed form of `count` chunks, at most {@link ZEROS_AT_ONCE}. */
  async chunks(count: number): Promise<Buffer> {
    const one = await (this.#one ??= this.#compress().then((buffers) => Buffer.concat(buffers)));
    this.#most ??= Buffer.concat(Array.from({ length: ZEROS_AT_ONCE }, () => one));
    return this.#most.subarray(0, count * one.length);
  }
}

/** Size of a compressor's output buffers; the rest of one is used for the next batch. */
const OUTPUT_BYTES = 256 * 1024;

/** 512 KiB of state instead of 256 KiB make gzip 5 % faster. */
const MEMORY_LEVEL = 9;

// Node's types declare `reset` for some compressors only; all have it.
function gzipMembers(level: number): Batching {
  const gzips = (at: number) =>
    new ReusedTransforms(() => createGzip({ level: at, chunkSize: OUTPUT_BYTES, memLevel: MEMORY_LEVEL }) as unknown as Resettable, {
      finish: constants.Z_FINISH,
    });
  const [usual, storing] = [gzips(level), gzips(0)];
  const compress: Batching['compress'] = async (chunks, pool) => {
    const members = await Promise.all(chunks.flatMap(segments).map(({ bytes, dense }) => (dense ? storing : usual).run([bytes])));
    for (const chunk of chunks) pool.give(chunk);
    return members.flatMap((member) => withLength(member));
  };
  return { chunks: 1, concurrency: 2 * CORES + 2, compress };
}

/**
 * Size of a frame and of its window; zstd's own default window is 2 MiB. Frames of 1 MiB came out 8 % larger. Frames of more than 4 MiB
 * would take too much memory: all frames in progress are held, each a second time in its window.
 */
const FRAME_CHUNKS = FRAME_BYTES / CHUNK_BYTES;
const WINDOW_LOG = Math.log2(FRAME_BYTES);

/**
 * One hash table that fits a core's own cache, and matches of at least six bytes. For 200 MB of the benchmark's data, zstd's default at
 * this level (two such tables) takes 0.75 s of processor time and yields 94.2 MB; this takes 0.70 s and yields 92.9 MB.
 */
const SMALL_TABLES = {
  [constants.ZSTD_c_strategy]: constants.ZSTD_fast,
  [constants.ZSTD_c_hashLog]: 17,
  [constants.ZSTD_c_minMatch]: 6,
};

function zstdFrames(level: number): Batching {
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_checksumFlag]: 1,
    [constants.ZSTD_c_windowLog]: WINDOW_LOG,
    ...(level === LEVELS.zstd.usual ? SMALL_TABLES : {}),
  };
  const transforms = (options: ZstdOptions) =>
    new ReusedTransforms(() => createZstdCompress({ chunkSize: FRAME_BOUND, params, ...options }) as unknown as Resettable, {
      finish: constants.ZSTD_e_end,
    });
  // With the size of its content in its header, a frame is decompressed in one step, without a window.
  const [whole, shorter] = [transforms({ pledgedSrcSize: FRAME_BYTES }), transforms({})];
  // Input and output of a frame are one buffer each, so that a thread compresses the frame without returning to the event loop. It had to do
  // so a dozen times with smaller ones, each time waiting until the loop had hashed a part.
  const [inputs, outputs] = [new BufferPool(FRAME_BYTES), new BufferPool(FRAME_BOUND)];
  const compress: Batching['compress'] = async (chunks, pool) => {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const input = inputs.take(bytes);
    let at = 0;
    for (const chunk of chunks) {
      at += chunk.copy(input, at);
      pool.give(chunk);
    }
    const output = outputs.take(FRAME_BOUND);
    const length = await (bytes === FRAME_BYTES ? whole : shorter).runInto([input], output);
    inputs.give(input);
    return [output.subarray(0, length)];
  };
  return { chunks: FRAME_CHUNKS, concurrency: Math.min(POOL_THREADS, CORES + 1), compress, release: (buffer) => outputs.give(buffer) };
}
