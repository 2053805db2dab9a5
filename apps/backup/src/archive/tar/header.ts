/**
 * Tar headers. Writes POSIX ustar; also reads the formats of GNU and older tars.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06 ustar interchange format
 * @see https://www.gnu.org/software/tar/manual/html_node/Standard.html GNU's additions
 */

/** Size of a header, and the unit that content is padded to. */
export const BLOCK_BYTES = 512;

/** The fields of a header block. `name` and `linkName` are raw bytes without padding. */
export interface HeaderFields {
  readonly name: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  /** `0` file, `1` hard link, `2` symlink, `3` and `4` devices, `5` directory, `6` FIFO, `x` `g` PAX, `L` `K` GNU long names … */
  readonly typeFlag: string;
  readonly linkName: Buffer;
}

/** Offset and length of each field. */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeFlag: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

const USTAR_MAGIC = Buffer.from('ustar\u000000', 'latin1');

/** Longest name and link name that fit into a header. */
export const NAME_BYTES = FIELD.name[1];

/** Largest number that fits into a field as octal digits. */
export const LARGEST = { id: 0o7777777, sizeBytes: 0o77777777777, mtimeSeconds: 0o77777777777 } as const;

/**
 * Encodes a header block. Names that are too long are truncated and numbers that are too large are written as 0; a preceding PAX header
 * must then contain them.
 */
export function encodedHeader(fields: HeaderFields): Buffer {
  // From Node's pool: a separate buffer per entry takes longer to allocate, and occupies memory until it is collected.
  const block = Buffer.allocUnsafe(BLOCK_BYTES).fill(0);
  fields.name.copy(block, FIELD.name[0], 0, NAME_BYTES);
  writeOctal(block, FIELD.mode, fields.mode);
  writeOctal(block, FIELD.uid, fields.uid <= LARGEST.id ? fields.uid : 0);
  writeOctal(block, FIELD.gid, fields.gid <= LARGEST.id ? fields.gid : 0);
  writeOctal(block, FIELD.size, fields.sizeBytes <= LARGEST.sizeBytes ? fields.sizeBytes : 0);
  const { mtimeSeconds } = fields;
  writeOctal(block, FIELD.mtime, mtimeSeconds >= 0 && mtimeSeconds <= LARGEST.mtimeSeconds ? mtimeSeconds : 0);
  block.write(fields.typeFlag, FIELD.typeFlag[0], 'latin1');
  fields.linkName.copy(block, FIELD.linkName[0], 0, FIELD.linkName[1]);
  USTAR_MAGIC.copy(block, FIELD.magic[0]);
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, FIELD.checksum[0], 'latin1');
  return block;
}

function writeOctal(block: Buffer, [offset, length]: readonly [number, number], value: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), offset, 'latin1');
}

/** Sum of the block's bytes with the checksum field counted as spaces. */
function checksum(block: Buffer): number {
  const [from, length] = FIELD.checksum;
  let sum = 0x20 * length;
  for (let at = 0; at < from; at++) sum += block[at] ?? 0;
  for (let at = from + length; at < BLOCK_BYTES; at++) sum += block[at] ?? 0;
  return sum;
}

/** A malformed header block. */
export class HeaderError extends Error {
  override readonly name = 'HeaderError';
}

/**
 * Decodes a header block.
 *
 * @throws HeaderError when the checksum or a number is invalid.
 */
export function decodedHeader(block: Buffer): HeaderFields {
  if (readNumber(block, FIELD.checksum, 'checksum') !== checksum(block)) throw new HeaderError('a header has the wrong checksum');
  const magic = block.toString('latin1', 257, 263);
  const name = readBytes(block, FIELD.name);
  // GNU headers ("ustar ") use the prefix field for other data.
  const prefix = magic === 'ustar\0' ? readBytes(block, FIELD.prefix) : Buffer.alloc(0);
  return {
    name: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    mode: readNumber(block, FIELD.mode, 'mode') & 0o7777,
    uid: readNumber(block, FIELD.uid, 'uid'),
    gid: readNumber(block, FIELD.gid, 'gid'),
    sizeBytes: readNumber(block, FIELD.size, 'size'),
    mtimeSeconds: readNumber(block, FIELD.mtime, 'mtime'),
    typeFlag: block.toString('latin1', FIELD.typeFlag[0], FIELD.typeFlag[0] + 1),
    linkName: readBytes(block, FIELD.linkName),
  };
}

function readBytes(block: Buffer, [offset, length]: readonly [number, number]): Buffer {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  // The block is a view of a reused buffer.
  return Buffer.from(end === -1 ? field : field.subarray(0, end));
}

/** Decodes octal digits or GNU's base-256, in which the first bit is set and the rest is a big-endian two's complement number. */
function readNumber(block: Buffer, [offset, length]: readonly [number, number], field: string): number {
  const first = block[offset] ?? 0;
  if (first >= 0x80) return readBase256(block.subarray(offset, offset + length), field);
  const text = block
    .toString('latin1', offset, offset + length)
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (!/^[0-7]*$/.test(text)) throw new HeaderError(`a header's ${field} is not a number`);
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function readBase256(field: Buffer, name: string): number {
  const isNegative = field[0] === 0xff;
  let value = isNegative ? -1n : BigInt((field[0] ?? 0) & 0x7f);
  for (const byte of field.subarray(1)) value = value * 256n + BigInt(byte);
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new HeaderError(`a header's ${name} is out of range`);
  }
  return Number(value);
}
