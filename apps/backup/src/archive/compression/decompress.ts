import { availableParallelism } from 'node:os';
import { constants, createGunzip, createZstdDecompress, type Gunzip } from 'node:zlib';
import { errorCode } from '@eeveebot/contract';
import { BackupError } from '../../errors.ts';
import { ByteReader } from '../chunks/byte-reader.ts';
import { BufferPool } from '../chunks/buffer-pool.ts';
import { decompressFrames } from './decompress-frames.ts';
import { MEMBER_HEADER_BYTES, memberLength } from './gzip-member.ts';
import { isShortMember, inflateMembers, MEMBER_BYTES } from './inflate-members.ts';
import { pipeThrough } from './pipe-through.ts';
import { ZstdFrames, isZstd } from './zstd-frames.ts';
import { LeftInputError, OutputLimitError } from './reused-transform.ts';

const OUTPUT_BYTES = 256 * 1024;

/**
 * Largest window of a zstd frame, as a power of two: 32 MiB. The decompressor holds the whole window; zstd's own limit of 128 MiB would be half of
 * a Job's memory. This tool writes windows of 4 MiB, and `zstd --ultra -20` ones of 32 MiB.
 */
const LARGEST_WINDOW_LOG = 25;

/**
 * Decompresses a gzip or zstd archive, detected by its first bytes. Gzip members that state their length and zstd frames of up to 4 MiB, as
 * this tool writes them, are decompressed on all cores, others sequentially. A chunk is valid until the next one is requested.
 *
 * @param given.cores number of cores to use; all by default.
 *
 * @throws BackupError `integrity` when the stream is damaged, cut short, or has unexpected data after its end.
 */
export async function* decompressArchive(
  source: AsyncIterable<Buffer>,
  { cores = availableParallelism() }: { readonly cores?: number } = {},
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  try {
    const magic = await reader.peek(4);
    if (magic.length < 4) throw new BackupError('integrity', `the archive has only ${magic.length} bytes`);
    if (magic.readUInt16BE(0) === 0x1f8b) yield* inflateGzip(reader, cores);
    else if (isZstd(magic)) yield* unzstd(reader, cores);
    else throw new BackupError('integrity', 'the archive is neither gzip nor zstd');
  } catch (error) {
    if (errorCode(error) === 'ZSTD_error_frameParameter_windowTooLarge') throw windowTooLarge(error);
    throw isDamage(error) ? new BackupError('integrity', `the archive is damaged: ${error.message}`, { cause: error }) : error;
  } finally {
    await reader.close();
  }
}

async function* inflateGzip(reader: ByteReader, cores: number): AsyncGenerator<Buffer> {
  const pool = new BufferPool(MEMBER_BYTES);
  if (cores > 1) yield* inflateMembers(readMembers(reader, { pool }), { cores, pool });
  else {
    for (;;) {
      const length = memberLength(await reader.peek(MEMBER_HEADER_BYTES));
      if (length === undefined) break;
      if (isShortMember(length)) yield* inflateMembers(readMembers(reader, { pool, isWanted: isShortMember }), { cores, pool });
      else {
        const members = readMembers(reader, { pool, isWanted: (bytes) => !isShortMember(bytes) });
        yield* gunzipInOrder(createGunzip({ chunkSize: OUTPUT_BYTES }), members);
      }
    }
  }
  const [next] = await reader.peek(1);
  if (next === undefined) return;
  // Members of other tools, or invalid data.
  if (next !== 0) yield* gunzipInOrder(createGunzip({ chunkSize: OUTPUT_BYTES }), reader.rest());
  else for await (const chunk of reader.rest()) if (endOfContent(chunk) > 0) throw dataAfterEnd();
}

async function* unzstd(reader: ByteReader, cores: number): AsyncGenerator<Buffer> {
  yield* decompressFrames(reader, { cores });
  // Frames of other tools, or invalid data.
  if ((await reader.peek(1)).length === 0) return;
  const decompressor = createZstdDecompress({ chunkSize: OUTPUT_BYTES, params: { [constants.ZSTD_d_windowLogMax]: LARGEST_WINDOW_LOG } });
  const frames = new ZstdFrames();
  async function* trackFrames(): AsyncGenerator<Buffer> {
    for await (const chunk of reader.rest()) {
      frames.follow(chunk);
      yield chunk;
    }
  }
  yield* pipeThrough(decompressor, trackFrames());
  if (!frames.isWhole) throw dataAfterEnd();
}

const windowTooLarge = (cause: unknown): BackupError =>
  new BackupError(
    'integrity',
    `the archive was compressed with a zstd window of more than ${2 ** (LARGEST_WINDOW_LOG - 20)} MiB: compress it again without --long`,
    { cause },
  );

const dataAfterEnd = (): BackupError => new BackupError('integrity', 'the archive is damaged: it is followed by unexpected data');

/** Length without trailing zeros. */
function endOfContent(chunk: Buffer): number {
  let end = chunk.length;
  while (end > 0 && chunk[end - 1] === 0) end--;
  return end;
}

/** Reads members that state their length into buffers of a pool, up to the first member without a length or with an unwanted one. */
async function* readMembers(
  reader: ByteReader,
  { pool, isWanted = () => true }: { readonly pool: BufferPool; readonly isWanted?: (length: number) => boolean },
): AsyncGenerator<Buffer> {
  for (;;) {
    const length = memberLength(await reader.peek(MEMBER_HEADER_BYTES));
    if (length === undefined || !isWanted(length)) return;
    const member = pool.take(length);
    if ((await reader.takeInto(member)) < length) throw new BackupError('integrity', 'the archive is truncated');
    yield member;
  }
}

/** Inflates gzip members sequentially. Zeros may follow the last one: some media are padded with them. */
async function* gunzipInOrder(gunzip: Gunzip, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [bytes, contentBytes] = [0, 0];
  async function* trackContent(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      const end = endOfContent(chunk);
      if (end > 0) contentBytes = bytes + end;
      bytes += chunk.length;
      yield chunk;
    }
  }
  yield* pipeThrough(gunzip, trackContent());
  // Node stops at a zero byte in place of a member and ignores all following data.
  if (gunzip.bytesWritten < contentBytes) throw dataAfterEnd();
}

/** Whether an error of zlib or zstd means that the data is damaged. */
function isDamage(error: unknown): error is Error {
  if (error instanceof OutputLimitError || error instanceof LeftInputError) return true;
  return /^(Z_|ZSTD_|ERR_TRAILING|ERR_STREAM_PUSH_AFTER_EOF)/.test(errorCode(error) ?? '');
}
