/**
 * The tar format. Reading: `header.ts` decodes a block, `pax.ts` and `attribute-records.ts` the extended headers, `entry-path.ts`
 * normalizes paths, and this file combines them into entries. Writing: `entry-header.ts` encodes an entry into the same blocks.
 */
import { BackupError } from '../../errors.ts';
import { attributesOf, isAttributeKeyword } from './attribute-records.ts';
import { ByteReader } from '../chunks/byte-reader.ts';
import { printable, type EntryType, type ReadEntry } from './entry.ts';
import { BLOCK_BYTES, decodedHeader, HeaderError, type HeaderFields } from './header.ts';
import { entryPath } from './entry-path.ts';
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

/** Type flags of headers that describe the following entry. */
const PAX = 'x';
const GLOBAL_PAX = 'g';
const GNU_LONG_NAME = 'L';
const GNU_LONG_LINK = 'K';

/** Largest content of one such header, and of all of them before an entry; the attributes of a file are far smaller. */
const LONGEST_META_BYTES = 1024 * 1024;
const LONGEST_EXTENDED_BYTES = 2 * LONGEST_META_BYTES;

/** PAX records that are used; others are dropped. */
const KNOWN_RECORDS: ReadonlySet<string> = new Set(['path', 'linkpath', 'size', 'uid', 'gid', 'mtime']);

/** Prefix of the keywords for files whose content omits the holes. */
const SPARSE = 'GNU.sparse.';

const NANOSECONDS = 1_000_000_000n;

const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

/** Largest number of zeros after the end. Tars pad to 10 KiB, and some media to whole tracks; more only takes time. */
const MOST_PADDING_BYTES = 64 * 1024 * 1024;

/** Bytes that are compared at once. */
const ZEROS = Buffer.alloc(64 * 1024);

/** The extended headers before an entry. */
class ExtendedHeaders {
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

  /** @throws HeaderError when they are larger than any entry needs. */
  count(bytes: number): void {
    this.#bytes += BLOCK_BYTES + bytes;
    if (this.#bytes > LONGEST_EXTENDED_BYTES) throw new HeaderError('the extended headers of an entry are too large');
  }

  add(content: Buffer): void {
    for (const [keyword, value] of decodedPax(content)) {
      if (keyword.startsWith(SPARSE)) this.isSparse = true;
      else if (KNOWN_RECORDS.has(keyword)) this.#own.set(keyword, value);
      else if (isAttributeKeyword(keyword)) this.attributes.set(keyword, value);
    }
  }

  /** Value of a record. An empty value unsets earlier ones, so that the field of the ustar header applies. */
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
 * Reads the entries of a tar stream in order, in the formats of POSIX (ustar, PAX), GNU and older tars. A body that is not read before the
 * next entry is requested is skipped.
 *
 * @throws BackupError `integrity` when the stream is malformed or truncated, or does not end with two blocks of zeros followed only by
 * zeros, of which there may be some.
 */
export async function* readEntries(stream: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
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
  /** Records that apply to all following entries. */
  readonly #global = new Map<string, Buffer>();
  #isSparse = false;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async *entries(): AsyncGenerator<ReadEntry> {
    let extended = new ExtendedHeaders(this.#global);
    for (;;) {
      const block = await this.#block('where a header is expected');
      if (block.equals(ZERO_BLOCK)) return await this.#end();
      const fields = decodedHeader(block);
      if (isExtendedHeader(fields.typeFlag)) {
        await this.#read(fields, extended);
        continue;
      }
      extended.isSparse ||= this.#isSparse;
      const entry = describedEntry(fields, extended);
      const body = new Body(this.#reader, entry.sizeBytes, printable(entry.path));
      yield { ...entry, body };
      await body.skip();
      extended = new ExtendedHeaders(this.#global);
    }
  }

  async #read(fields: HeaderFields, extended: ExtendedHeaders): Promise<void> {
    if (fields.sizeBytes < 0 || fields.sizeBytes > LONGEST_META_BYTES) throw new HeaderError('an extended header is too large');
    extended.count(fields.sizeBytes);
    const content = await this.#padded(fields.sizeBytes);
    if (fields.typeFlag === PAX) extended.add(content);
    else if (fields.typeFlag === GLOBAL_PAX) this.#addGlobal(content);
    else if (fields.typeFlag === GNU_LONG_NAME) extended.name = withoutTerminator(content);
    else extended.linkName = withoutTerminator(content);
  }

  #addGlobal(content: Buffer): void {
    for (const [keyword, value] of decodedPax(content)) {
      if (keyword.startsWith(SPARSE)) this.#isSparse = true;
      else if (KNOWN_RECORDS.has(keyword)) this.#global.set(keyword, Buffer.from(value));
    }
  }

  /** Checks the end of the stream after the first block of zeros: another one, then only zeros. */
  async #end(): Promise<void> {
    if (!(await this.#block('after the first of the two final blocks')).equals(ZERO_BLOCK))
      throw new HeaderError('there is a block of zeros between entries');
    for (let bytes = 0; bytes <= MOST_PADDING_BYTES;) {
      const chunk = await this.#reader.takeSome(ZEROS.length);
      if (chunk.length === 0) return;
      bytes += chunk.length;
      if (!chunk.equals(ZEROS.subarray(0, chunk.length))) throw new BackupError('integrity', 'the archive is followed by unexpected data');
    }
    throw new BackupError('integrity', `the archive is followed by more than ${MOST_PADDING_BYTES} bytes of zeros`);
  }

  async #block(where: string): Promise<Buffer> {
    const block = await this.#reader.take(BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) throw new BackupError('integrity', `the archive is truncated: it ends ${where}`);
    return block;
  }

  async #padded(bytes: number): Promise<Buffer> {
    const padded = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    const content = await this.#reader.take(padded);
    if (content.length < padded) throw new BackupError('integrity', 'the archive is truncated: it ends in an extended header');
    return Buffer.from(content.subarray(0, bytes));
  }
}

/** Content of an entry; can be read once. */
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
      if (chunk.length === 0) throw new BackupError('integrity', `the archive is truncated: it ends within ${this.#name}`);
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  /** Skips to the next header. */
  async skip(): Promise<void> {
    for await (const _ of this);
    const padding = await this.#reader.take(this.#padding);
    if (padding.length < this.#padding) throw new BackupError('integrity', `the archive is truncated: it ends after ${this.#name}`);
    this.#padding = 0;
  }
}

const isExtendedHeader = (typeFlag: string): boolean => [PAX, GLOBAL_PAX, GNU_LONG_NAME, GNU_LONG_LINK].includes(typeFlag);

function describedEntry(fields: HeaderFields, extended: ExtendedHeaders): Omit<ReadEntry, 'body'> {
  const rawPath = extended.value('path') ?? extended.name ?? fields.name;
  const type = extended.isSparse ? 'other' : typeOf(fields, rawPath);
  const rawTarget = extended.value('linkpath') ?? extended.linkName ?? fields.linkName;
  const sizeBytes = extended.number('size') ?? fields.sizeBytes;
  if (sizeBytes < 0) throw new HeaderError('a size is negative');
  return {
    path: entryPath(rawPath),
    type,
    mode: fields.mode,
    uid: extended.number('uid') ?? fields.uid,
    gid: extended.number('gid') ?? fields.gid,
    // Links have no content, although some tars write a size for them.
    sizeBytes: type === 'file' || type === 'other' ? sizeBytes : 0,
    mtimeNs: mtimeNs(fields, extended),
    ...attributesOf(extended.attributes),
    ...linkTargetOf(type, rawTarget),
  };
}

function mtimeNs({ mtimeSeconds }: HeaderFields, extended: ExtendedHeaders): bigint {
  const mtime = extended.value('mtime');
  return mtime === undefined ? BigInt(mtimeSeconds) * NANOSECONDS : paxTimeNs(mtime.toString('latin1'));
}

/** The target of a hard link is the path of another entry, that of a symlink any text. */
function linkTargetOf(type: EntryType, rawTarget: Buffer): { readonly linkTarget?: Buffer } {
  if (type === 'symlink') return { linkTarget: rawTarget };
  return type === 'hardlink' ? { linkTarget: entryPath(rawTarget) } : {};
}

function typeOf({ typeFlag }: HeaderFields, path: Buffer): EntryType {
  const type = ENTRY_TYPES[typeFlag] ?? 'other';
  // Tars before POSIX mark directories only with a trailing slash.
  return type === 'file' && path.at(-1) === 0x2f ? 'directory' : type;
}

/** A name up to its terminating zero byte. Data after the zero byte is rejected, because other readers treat it as part of the name. */
function withoutTerminator(content: Buffer): Buffer {
  const end = content.indexOf(0);
  if (end === -1) return content;
  if (content.subarray(end).some((byte) => byte !== 0)) throw new HeaderError('a long name contains a zero byte');
  return content.subarray(0, end);
}
