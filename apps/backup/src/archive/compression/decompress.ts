import { availableParallelism } from 'node:os';
import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress, type Gunzip } from 'node:zlib';
import { BackupError } from '../../errors.ts';
import { ByteReader } from '../chunks/byte-reader.ts';
import { BufferPool } from '../chunks/buffer-pool.ts';
import { CHUNK_BYTES } from '../chunks/chunk-pool.ts';
import { MEMBER_HEADER_BYTES, memberLength } from './gzip-member.ts';
import { isShortMember, membersInflated } from './inflate-members.ts';
import { ZstdFrames, isZstd } from './zstd-frames.ts';
import { LeftInputError, OutputLimitError } from './reused-transform.ts';

const OUTPUT_BYTES = 256 * 1024;

/** Room for a member of a chunk that deflate could not make smaller, and for its header; larger ones are not written here. */
const MEMBER_BYTES = CHUNK_BYTES + 64 * 1024;

/** What is decompressed while what came before is written. */
const AHEAD_BYTES = 2 * 1024 * 1024;

/**
 * Decompresses an archive, of gzip or zstd as its first bytes show. Members of gzip that say their length, as ours do,
 * are decompressed on all cores, any others one after the other. A chunk is valid until the next one is asked for.
 *
 * @param given.cores how many to use; all there are unless given.
 *
 * @throws BackupError `integrity` when the stream is damaged, cut short, or has unexpected data after its end.
 */
export async function* decompressed(
  source: AsyncIterable<Buffer>,
  { cores = availableParallelism() }: { readonly cores?: number } = {},
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  try {
    const magic = await reader.peek(4);
    if (magic.length < 4) throw new BackupError('integrity', `the archive has only ${magic.length} bytes`);
    if (magic.readUInt16BE(0) === 0x1f8b) yield* gunzipped(reader, cores);
    else if (isZstd(magic)) yield* unframed(reader);
    else throw new BackupError('integrity', 'the archive is compressed neither by gzip nor by zstd');
  } catch (error) {
    throw isDamage(error) ? new BackupError('integrity', `the archive is damaged: ${error.message}`, { cause: error }) : error;
  } finally {
    await reader.close();
  }
}

async function* gunzipped(reader: ByteReader, cores: number): AsyncGenerator<Buffer> {
  const pool = new BufferPool(MEMBER_BYTES);
  if (cores > 1) yield* membersInflated(membersOf(reader, { pool }), { cores, pool });
  else {
    for (;;) {
      const length = memberLength(await reader.peek(MEMBER_HEADER_BYTES));
      if (length === undefined) break;
      if (isShortMember(length)) yield* membersInflated(membersOf(reader, { pool, isWanted: isShortMember }), { cores, pool });
      else {
        const members = membersOf(reader, { pool, isWanted: (bytes) => !isShortMember(bytes) });
        yield* through(createGunzip({ chunkSize: OUTPUT_BYTES }), members);
      }
    }
  }
  const [next] = await reader.peek(1);
  if (next === undefined) return;
  // Members of another kind, or something that is not a member.
  if (next !== 0) yield* through(createGunzip({ chunkSize: OUTPUT_BYTES }), reader.rest());
  else for await (const chunk of reader.rest()) if (endOfContent(chunk) > 0) throw dataAfterEnd();
}

async function* unframed(reader: ByteReader): AsyncGenerator<Buffer> {
  const decompressor = createZstdDecompress({ chunkSize: OUTPUT_BYTES });
  const frames = new ZstdFrames();
  async function* followed(): AsyncGenerator<Buffer> {
    for await (const chunk of reader.rest()) {
      frames.follow(chunk);
      yield chunk;
    }
  }
  yield* piped(decompressor, followed());
  if (!frames.isWhole) throw dataAfterEnd();
}

const dataAfterEnd = (): BackupError => new BackupError('integrity', 'the archive is damaged: it has unexpected data after its end');

/** How many of these bytes there are without the zeros at their end. */
function endOfContent(chunk: Buffer): number {
  let end = chunk.length;
  while (end > 0 && chunk[end - 1] === 0) end--;
  return end;
}

/** The members that say their length, up to the first that does not, or whose length is not wanted, in buffers of a pool. */
async function* membersOf(
  reader: ByteReader,
  { pool, isWanted = () => true }: { readonly pool: BufferPool; readonly isWanted?: (length: number) => boolean },
): AsyncGenerator<Buffer> {
  for (;;) {
    const length = memberLength(await reader.peek(MEMBER_HEADER_BYTES));
    if (length === undefined || !isWanted(length)) return;
    const member = pool.take(length);
    if ((await reader.takeInto(member)) < length) throw new BackupError('integrity', 'the archive ends in the middle: it was cut short');
    yield member;
  }
}

/** Inflates members of gzip, one after the other. Zeros may follow the last: some media are padded with them. */
async function* through(gunzip: Gunzip, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [bytes, contentBytes] = [0, 0];
  async function* measured(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      const end = endOfContent(chunk);
      if (end > 0) contentBytes = bytes + end;
      bytes += chunk.length;
      yield chunk;
    }
  }
  yield* piped(gunzip, measured());
  // Node ends at a zero where a member could begin, and passes over whatever comes after that.
  if (gunzip.bytesWritten < contentBytes) throw dataAfterEnd();
}

async function* piped(transform: Transform, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const ahead = new PassThrough({ highWaterMark: AHEAD_BYTES });
  const fed = pipeline(Readable.from(source), transform, ahead);
  // Its errors destroy the last stream and are thrown below.
  fed.catch(() => undefined);
  for await (const chunk of ahead) yield chunk as Buffer;
  await fed;
}

/** Errors of zlib and zstd about what they were given. */
function isDamage(error: unknown): error is Error {
  if (error instanceof OutputLimitError || error instanceof LeftInputError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(Z_|ZSTD_|ERR_TRAILING|ERR_STREAM_PUSH_AFTER_EOF)/.test(code);
}
