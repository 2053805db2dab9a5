import { BackupError } from '../errors.ts';
import { attributesOf } from './attribute-records.ts';
import { ByteReader } from './byte-reader.ts';
import { printable, type EntryType, type ReadEntry } from './entry.ts';
import { BLOCK_BYTES, decodedHeader, HeaderError, type HeaderFields } from './header.ts';
import { decodedPax, paxTimeNs, type PaxRecords } from './pax.ts';

const ENTRY_TYPES: Readonly<Record<string, EntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
};

/** Headers that only say something of the entry behind them. */
const PAX = 'x';
const GLOBAL_PAX = 'g';
const GNU_LONG_NAME = 'L';
const GNU_LONG_LINK = 'K';

/** Longest content of such a header that is read. */
const LONGEST_META_BYTES = 1024 * 1024;

const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

/** What headers before an entry said of it. */
interface Announced {
  records: PaxRecords;
  name?: Buffer;
  linkName?: Buffer;
}

/**
 * The entries of a tar stream, in order: those of POSIX (ustar, PAX), GNU and old tars. An entry's body must be read, or
 * is skipped, before the next entry is asked for.
 *
 * @throws BackupError `integrity` when the stream is malformed, cut short, or not ended by two blocks of zeros and
 * nothing but zeros after them.
 */
export async function* entriesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
  const reader = new TarReader(new ByteReader(stream));
  try {
    yield* reader.entries();
  } catch (error) {
    throw error instanceof HeaderError
      ? new BackupError('integrity', `the archive is malformed: ${error.message}`, { cause: error })
      : error;
  } finally {
    await reader.close();
  }
}

class TarReader {
  readonly #reader: ByteReader;
  #global: PaxRecords = new Map();

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async *entries(): AsyncGenerator<ReadEntry> {
    let announced: Announced = { records: this.#global };
    for (;;) {
      const block = await this.#block('in place of a header');
      if (block.equals(ZERO_BLOCK)) return await this.#end();
      const fields = decodedHeader(block);
      if (isAnnouncement(fields.typeFlag)) {
        announced = await this.#announcement(fields, announced);
        continue;
      }
      const entry = describedEntry(fields, announced);
      const body = new Body(this.#reader, entry.sizeBytes, printable(entry.path));
      yield { ...entry, body };
      await body.skip();
      announced = { records: this.#global };
    }
  }

  async #announcement(fields: HeaderFields, announced: Announced): Promise<Announced> {
    if (fields.sizeBytes < 0 || fields.sizeBytes > LONGEST_META_BYTES)
      throw new HeaderError('an extended header is larger than any can be');
    const content = await this.#padded(fields.sizeBytes);
    switch (fields.typeFlag) {
      case PAX:
        return { ...announced, records: new Map([...announced.records, ...decodedPax(content)]) };
      case GLOBAL_PAX:
        this.#global = new Map([...this.#global, ...decodedPax(content)]);
        return { ...announced, records: new Map([...this.#global, ...announced.records]) };
      case GNU_LONG_NAME:
        return { ...announced, name: untilZero(content) };
      default:
        return { ...announced, linkName: untilZero(content) };
    }
  }

  /** One block of zeros has come: there must be another, and nothing but zeros after it. */
  async #end(): Promise<void> {
    if (!(await this.#block('after the first block of its end')).equals(ZERO_BLOCK))
      throw new HeaderError('a block of zeros stands between entries');
    for (;;) {
      const chunk = await this.#reader.takeSome(Infinity);
      if (chunk.length === 0) return;
      if (chunk.some((byte) => byte !== 0)) throw new BackupError('integrity', 'the archive has something behind its end');
    }
  }

  async #block(where: string): Promise<Buffer> {
    const block = await this.#reader.take(BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) throw new BackupError('integrity', `the archive was cut short: it ends ${where}`);
    return block;
  }

  async #padded(bytes: number): Promise<Buffer> {
    const padded = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    const content = await this.#reader.take(padded);
    if (content.length < padded) throw new BackupError('integrity', 'the archive was cut short: it ends in an extended header');
    return Buffer.from(content.subarray(0, bytes));
  }
}

/** Content of one entry; can be read once. */
class Body implements AsyncIterable<Buffer> {
  readonly #reader: ByteReader;
  readonly #name: string;
  #left: number;
  #padding: number;

  constructor(reader: ByteReader, sizeBytes: number, name: string) {
    this.#reader = reader;
    this.#name = name;
    this.#left = sizeBytes;
    this.#padding = (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      const chunk = await this.#reader.takeSome(this.#left);
      if (chunk.length === 0) throw new BackupError('integrity', `the archive was cut short: it ends inside ${this.#name}`);
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  /** Goes to the header behind it. */
  async skip(): Promise<void> {
    for await (const _ of this);
    const padding = await this.#reader.take(this.#padding);
    if (padding.length < this.#padding) throw new BackupError('integrity', `the archive was cut short: it ends behind ${this.#name}`);
    this.#padding = 0;
  }
}

const isAnnouncement = (typeFlag: string): boolean => [PAX, GLOBAL_PAX, GNU_LONG_NAME, GNU_LONG_LINK].includes(typeFlag);

function describedEntry(fields: HeaderFields, { records, name, linkName }: Announced): Omit<ReadEntry, 'body'> {
  const rawPath = records.get('path') ?? name ?? fields.name;
  const type = typeOf(fields, rawPath, records);
  const rawTarget = records.get('linkpath') ?? linkName ?? fields.linkName;
  const sizeBytes = number(records, 'size') ?? fields.sizeBytes;
  if (sizeBytes < 0) throw new HeaderError('a size is negative');
  const mtime = records.get('mtime')?.toString('latin1');
  return {
    path: plainPath(rawPath),
    type,
    mode: fields.mode,
    uid: number(records, 'uid') ?? fields.uid,
    gid: number(records, 'gid') ?? fields.gid,
    // Links carry no content, whatever size some tars write with them.
    sizeBytes: type === 'file' || type === 'other' ? sizeBytes : 0,
    mtimeNs: mtime === undefined ? BigInt(fields.mtimeSeconds) * 1_000_000_000n : paxTimeNs(mtime),
    ...attributesOf(records),
    ...(type === 'symlink' ? { linkTarget: rawTarget } : type === 'hardlink' ? { linkTarget: plainPath(rawTarget) } : {}),
  };
}

function typeOf({ typeFlag }: HeaderFields, path: Buffer, records: PaxRecords): EntryType {
  // Content with its holes left out: read as it stands it would be another file.
  if ([...records.keys()].some((keyword) => keyword.startsWith('GNU.sparse.'))) return 'other';
  const type = ENTRY_TYPES[typeFlag] ?? 'other';
  // Tars before POSIX knew a directory by its name alone.
  return type === 'file' && path.at(-1) === 0x2f ? 'directory' : type;
}

function number(records: PaxRecords, keyword: string): number | undefined {
  const text = records.get(keyword)?.toString('latin1');
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new HeaderError(`an extended header's ${keyword} is no number`);
  return Number(text);
}

/** Without `./` before and `/` behind. */
function plainPath(path: Buffer): Buffer {
  let [from, to] = [0, path.length];
  while (path[from] === 0x2e && path[from + 1] === 0x2f) {
    from += 2;
    while (path[from] === 0x2f) from++;
  }
  while (to > from && path[to - 1] === 0x2f) to--;
  const plain = path.subarray(from, to);
  return plain.length === 1 && plain[0] === 0x2e ? Buffer.alloc(0) : plain;
}

const untilZero = (content: Buffer): Buffer => {
  const end = content.indexOf(0);
  return end === -1 ? content : content.subarray(0, end);
};
