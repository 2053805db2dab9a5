import { gzipSync } from 'node:zlib';

const BLOCK_BYTES = 512;

/** A raw tar entry, possibly inconsistent. */
export interface RawEntry {
  readonly name: string;
  /** `0` file, `1` hard link, `2` symlink, `3` and `4` devices, `5` folder, `6` FIFO. */
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly linkName?: string;
  /** Size in the header; the content's size by default. */
  readonly sizeBytes?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Encodes an entry: header, content, padding. Independent of the tool's own writer, which would not write invalid entries. */
export function rawEntry({
  name,
  type = '0',
  content = '',
  linkName = '',
  sizeBytes,
  mode = 0o644,
  uid = 1000,
  gid = 1000,
}: RawEntry): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, 100, 'latin1');
  header.write(octal(mode, 8), 100);
  if (uid > 0o7777777) header.set(base256(uid), 108);
  else header.write(octal(uid, 8), 108);
  header.write(octal(gid, 8), 116);
  header.write(octal(sizeBytes ?? body.length, 12), 124);
  header.write(octal(1_500_000_000, 12), 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(linkName, 157, 100, 'latin1');
  header.write('ustar\u000000', 257);
  header.write(octal(1, 8), 329);
  header.write(octal(3, 8), 337);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, body, Buffer.alloc(-body.length & (BLOCK_BYTES - 1))]);
}

const octal = (value: number, bytes: number): string => `${value.toString(8).padStart(bytes - 1, '0')}\0`;

/** Encodes a 4-byte number in GNU tar's base-256 format. */
function base256(value: number): Buffer {
  const field = Buffer.alloc(8);
  field[0] = 0x80;
  field.writeUInt32BE(value, 4);
  return field;
}

/** A PAX extended header: `x` for the next entry, `g` for all following ones. */
export function paxEntry(records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): RawEntry {
  const content = Object.entries(records).map(([keyword, value]) => {
    const rest = ` ${keyword}=${value}\n`;
    const bytes = Buffer.byteLength(rest);
    const digits = String(bytes + String(bytes).length).length;
    return `${bytes + digits}${rest}`;
  });
  return { name: 'pax', type, content: content.join('') };
}

/** The two blocks at the end of a tar archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);

/** A complete gzipped archive of these entries. */
export const rawArchive = (...entries: readonly RawEntry[]): Buffer => gzipSync(Buffer.concat([...entries.map(rawEntry), TAR_END]));
