import { availableParallelism } from 'node:os';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createZstdDecompress, gunzip } from 'node:zlib';
import { BackupError } from '../errors.ts';
import { ByteReader } from './byte-reader.ts';
import { ZEROS } from './chunk-pool.ts';
import { MEMBER_HEADER_BYTES, memberLength } from './gzip-member.ts';
import { inOrder } from './in-order.ts';

const gunzipAsync = promisify(gunzip);

/** One member more than cores, as when compressing. */
const MEMBERS_AT_ONCE = Math.min(4, availableParallelism()) + 1;

/** Largest content of a member that says its length: those that are written have 1 MiB. */
const MEMBER_CONTENT_BYTES = 4 * 1024 * 1024;

const OUTPUT_BYTES = 256 * 1024;

/** First bytes of a zstd frame, and of a frame to be skipped (whose first byte may have any lower half). */
const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_SKIPPABLE = 0x184d2a50;

/**
 * Decompresses an archive, of gzip or zstd as its first bytes tell. Members of gzip that say their length, as ours do,
 * are decompressed on all cores, any others one after the other.
 *
 * @throws BackupError `integrity` when the stream is damaged, cut short, or has something behind its end.
 */
export async function* decompressed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  try {
    const magic = await reader.peek(4);
    if (magic.length < 4) throw new BackupError('integrity', `the archive has only ${magic.length} bytes`);
    if (magic.readUInt16BE(0) === 0x1f8b) yield* gunzipped(reader);
    else if (magic.readUInt32LE(0) === ZSTD_MAGIC || (magic.readUInt32LE(0) & 0xfffffff0) >>> 0 === ZSTD_SKIPPABLE) {
      yield* through(createZstdDecompress({ chunkSize: OUTPUT_BYTES }), reader);
    } else throw new BackupError('integrity', 'the archive is compressed neither by gzip nor by zstd');
  } catch (error) {
    throw isDamage(error) ? new BackupError('integrity', `the archive is damaged: ${error.message}`, { cause: error }) : error;
  } finally {
    await reader.close();
  }
}

async function* gunzipped(reader: ByteReader): AsyncGenerator<Buffer> {
  // Holes: all their members are alike.
  let zeros: { readonly member: Buffer; readonly content: Buffer } | undefined;
  const work = async (member: Buffer): Promise<Buffer> => {
    if (zeros?.member.equals(member) === true) return zeros.content;
    const content = await gunzipAsync(member, { maxOutputLength: MEMBER_CONTENT_BYTES, chunkSize: MEMBER_CONTENT_BYTES / 4 });
    if (content.equals(ZEROS)) zeros = { member: Buffer.from(member), content };
    return content;
  };
  yield* inOrder(membersOf(reader), { limit: MEMBERS_AT_ONCE, work });
  // Members of another kind, or what is no member at all.
  if ((await reader.peek(1)).length > 0) yield* through(createGunzip({ chunkSize: OUTPUT_BYTES }), reader);
}

/** The members that say their length, up to the first that does not. */
async function* membersOf(reader: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const length = memberLength(await reader.peek(MEMBER_HEADER_BYTES));
    if (length === undefined) return;
    const member = await reader.take(length);
    if (member.length < length) throw new BackupError('integrity', 'the archive ends in the middle: it was cut short');
    yield member;
  }
}

async function* through(transform: Transform, reader: ByteReader): AsyncGenerator<Buffer> {
  const fed = pipeline(Readable.from(reader.rest()), transform);
  // Its errors destroy the transform and are thrown below.
  fed.catch(() => undefined);
  for await (const chunk of transform) yield chunk as Buffer;
}

/** Errors of zlib and zstd over what they were given. */
function isDamage(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(Z_|ZSTD_|ERR_BUFFER_TOO_LARGE|ERR_TRAILING)/.test(code);
}
