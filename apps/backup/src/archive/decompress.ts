import { availableParallelism } from 'node:os';
import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress, type Gunzip } from 'node:zlib';
import { BackupError } from '../errors.ts';
import { ByteReader } from './byte-reader.ts';
import { ZEROS } from './chunk-pool.ts';
import { MEMBER_HEADER_BYTES, memberLength } from './gzip-member.ts';
import { inOrder } from './in-order.ts';
import { ZstdFrames, isZstd } from './zstd-frames.ts';
import { LeftInputError, OutputLimitError, ReusedTransforms, type Resettable } from './reused-transform.ts';

/** With fewer cores, one thread inflates faster than the others can write. */
const ENOUGH_CORES = 3;

/** Largest content of a member that says its length: those that are written have 1 MiB. */
const MEMBER_CONTENT_BYTES = 4 * 1024 * 1024;

const OUTPUT_BYTES = 256 * 1024;

/** What is decompressed while what came before is written. */
const AHEAD_BYTES = 2 * 1024 * 1024;

/** A member of zeros alone has hardly more than a kilobyte. */
const LONGEST_ZEROS = 4096;

/**
 * Decompresses an archive, of gzip or zstd as its first bytes show. Members of gzip that say their length, as ours do,
 * are decompressed on all cores where there are more than two, any others one after the other.
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
  if (cores >= ENOUGH_CORES) yield* membersInflated(membersOf(reader), cores);
  else {
    for (;;) {
      const length = memberLength(await reader.peek(MEMBER_HEADER_BYTES));
      if (length === undefined) break;
      if (isShort(length)) yield* membersInflated(membersOf(reader, { isWanted: isShort }), cores);
      else yield* through(createGunzip({ chunkSize: OUTPUT_BYTES }), joined(membersOf(reader, { isWanted: (bytes) => !isShort(bytes) })));
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

/** Inflates members, on all cores. */
async function* membersInflated(members: AsyncIterable<readonly Buffer[]>, cores: number): AsyncGenerator<Buffer> {
  const inflating = new ReusedTransforms(() => createGunzip({ chunkSize: OUTPUT_BYTES }) as unknown as Resettable, {
    finish: constants.Z_FINISH,
    limitBytes: MEMBER_CONTENT_BYTES,
  });
  // Holes: all their members are alike, and short.
  let zeros: Buffer | undefined;
  const work = async (member: readonly Buffer[]): Promise<readonly Buffer[]> => {
    const short = isShort(lengthOf(member)) ? Buffer.concat(member) : undefined;
    if (short !== undefined && zeros?.equals(short) === true) return [ZEROS];
    const content = await inflating.run(member);
    if (short !== undefined && Buffer.concat(content).equals(ZEROS)) zeros = short;
    return content;
  };
  for await (const content of inOrder(members, { limit: 2 * Math.min(4, cores) + 2, work })) yield* content;
}

/** The members that say their length, up to the first that does not, or whose length is not wanted. */
async function* membersOf(
  reader: ByteReader,
  { isWanted = () => true }: { readonly isWanted?: (length: number) => boolean } = {},
): AsyncGenerator<readonly Buffer[]> {
  for (;;) {
    const length = memberLength(await reader.peek(MEMBER_HEADER_BYTES));
    if (length === undefined || !isWanted(length)) return;
    const member = await reader.takePieces(length);
    if (lengthOf(member) < length) throw new BackupError('integrity', 'the archive ends in the middle: it was cut short');
    yield member;
  }
}

const lengthOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** Whether a member may be one of zeros alone. */
const isShort = (length: number): boolean => length < LONGEST_ZEROS;

async function* joined(members: AsyncIterable<readonly Buffer[]>): AsyncGenerator<Buffer> {
  for await (const pieces of members) yield* pieces;
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
