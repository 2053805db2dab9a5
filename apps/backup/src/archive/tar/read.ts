import { BackupError } from '../../errors.ts';
import { attributesOf, isAttributeKeyword } from './attribute-records.ts';
import { ByteReader } from '../chunks/byte-reader.ts';
import { printable, type EntryType, type ReadEntry } from './entry.ts';
import { BLOCK_BYTES, decodedHeader, HeaderError, type HeaderFields } from './header.ts';
import { memberPath } from './member-path.ts';
import { decodedPax, paxTimeNs } from './pax.ts';

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

/** Headers that only describe the entry after them. */
const PAX = 'x';
const GLOBAL_PAX = 'g';
const GNU_LONG_NAME = 'L';
const GNU_LONG_LINK = 'K';

/** Longest content of such a header that is read, and of all of them before one entry: the attributes of a file are far smaller. */
const LONGEST_META_BYTES = 1024 * 1024;
const LONGEST_ANNOUNCEMENT_BYTES = 2 * LONGEST_META_BYTES;

/** PAX records that are used: other tools write many more, and nothing is kept of those. */
const KNOWN_RECORDS: ReadonlySet<string> = new Set(['path', 'linkpath', 'size', 'uid', 'gid', 'mtime']);

/** Begins the keywords of files whose holes are left out of their content. */
const SPARSE = 'GNU.sparse.';

const NANOSECONDS = 1_000_000_000n;

const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

/** What the headers before an entry said about it. */
class Announced {
  name: Buffer | undefined;
  linkName: Buffer | undefined;
  isSparse = false;
  /** Records of extended attributes. */
  readonly attributes = new Map<string, Buffer>();
  #bytes = 0;
  readonly #own = new Map<string, Buffer>();
  readonly #global: ReadonlyMap<string, Buffer>;

  constructor(global: ReadonlyMap<string, Buffer>) {
    this.#global = global;
  }

  /** @throws HeaderError when there is more of it than any entry needs. */
  count(bytes: number): void {
    this.#bytes += BLOCK_BYTES + bytes;
    if (this.#bytes > LONGEST_ANNOUNCEMENT_BYTES) throw new HeaderError('the extended headers of an entry are larger than any can be');
  }

  add(content: Buffer): void {
    for (const [keyword, value] of decodedPax(content)) {
      if (keyword.startsWith(SPARSE)) this.isSparse = true;
      else if (KNOWN_RECORDS.has(keyword)) this.#own.set(keyword, value);
      else if (isAttributeKeyword(keyword)) this.attributes.set(keyword, value);
    }
  }

  /** A record's value. An empty one means that it is not set, whatever was said before, and the header's own field counts. */
  value(keyword: string): Buffer | undefined {
    const value = this.#own.get(keyword) ?? this.#global.get(keyword);
    return value === undefined || value.length === 0 ? undefined : value;
  }

  number(keyword: string): number | undefined {
    const text = this.value(keyword)?.toString('latin1');
    if (text === undefined) return undefined;
    if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(Number(text)))
      throw new HeaderError(`an extended header's ${keyword} is not a number`);
    return Number(text);
  }
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
  /** Records that hold for all entries from now on. */
  readonly #global = new Map<string, Buffer>();
  #isSparse = false;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async *entries(): AsyncGenerator<ReadEntry> {
    let announced = new Announced(this.#global);
    for (;;) {
      const block = await this.#block('in place of a header');
      if (block.equals(ZERO_BLOCK)) return await this.#end();
      const fields = decodedHeader(block);
      if (isAnnouncement(fields.typeFlag)) {
        await this.#read(fields, announced);
        continue;
      }
      announced.isSparse ||= this.#isSparse;
      const entry = describedEntry(fields, announced);
      const body = new Body(this.#reader, entry.sizeBytes, printable(entry.path));
      yield { ...entry, body };
      await body.skip();
      announced = new Announced(this.#global);
    }
  }

  async #read(fields: HeaderFields, announced: Announced): Promise<void> {
    if (fields.sizeBytes < 0 || fields.sizeBytes > LONGEST_META_BYTES)
      throw new HeaderError('an extended header is larger than any can be');
    announced.count(fields.sizeBytes);
    const content = await this.#padded(fields.sizeBytes);
    if (fields.typeFlag === PAX) announced.add(content);
    else if (fields.typeFlag === GLOBAL_PAX) this.#addGlobal(content);
    else if (fields.typeFlag === GNU_LONG_NAME) announced.name = terminated(content);
    else announced.linkName = terminated(content);
  }

  #addGlobal(content: Buffer): void {
    for (const [keyword, value] of decodedPax(content)) {
      if (keyword.startsWith(SPARSE)) this.#isSparse = true;
      else if (KNOWN_RECORDS.has(keyword)) this.#global.set(keyword, Buffer.from(value));
    }
  }

  /** One block of zeros has come: there must be another, and nothing but zeros after it. */
  async #end(): Promise<void> {
    if (!(await this.#block('after the first block of its end')).equals(ZERO_BLOCK))
      throw new HeaderError('a block of zeros is between entries');
    for (;;) {
      const chunk = await this.#reader.takeSome(Infinity);
      if (chunk.length === 0) return;
      if (chunk.some((byte) => byte !== 0)) throw new BackupError('integrity', 'the archive has unexpected data after its end');
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

function describedEntry(fields: HeaderFields, announced: Announced): Omit<ReadEntry, 'body'> {
  const rawPath = announced.value('path') ?? announced.name ?? fields.name;
  const type = announced.isSparse ? 'other' : typeOf(fields, rawPath);
  const rawTarget = announced.value('linkpath') ?? announced.linkName ?? fields.linkName;
  const sizeBytes = announced.number('size') ?? fields.sizeBytes;
  if (sizeBytes < 0) throw new HeaderError('a size is negative');
  const mtime = announced.value('mtime')?.toString('latin1');
  return {
    path: memberPath(rawPath),
    type,
    mode: fields.mode,
    uid: announced.number('uid') ?? fields.uid,
    gid: announced.number('gid') ?? fields.gid,
    // Links carry no content, whatever size some tars write with them.
    sizeBytes: type === 'file' || type === 'other' ? sizeBytes : 0,
    mtimeNs: mtime === undefined ? BigInt(fields.mtimeSeconds) * NANOSECONDS : paxTimeNs(mtime),
    ...attributesOf(announced.attributes),
    ...(type === 'symlink' ? { linkTarget: rawTarget } : type === 'hardlink' ? { linkTarget: memberPath(rawTarget) } : {}),
  };
}

function typeOf({ typeFlag }: HeaderFields, path: Buffer): EntryType {
  const type = ENTRY_TYPES[typeFlag] ?? 'other';
  // Tars before POSIX knew a directory by its name alone.
  return type === 'file' && path.at(-1) === 0x2f ? 'directory' : type;
}

/** A name that ends with a zero. What is behind that other readers take for another name. */
function terminated(content: Buffer): Buffer {
  const end = content.indexOf(0);
  if (end === -1) return content;
  if (content.subarray(end).some((byte) => byte !== 0)) throw new HeaderError('a long name has a zero byte');
  return content.subarray(0, end);
}
