/**
 * Gzip members with a length. Their concatenation is ordinary gzip. Each states its length in an extra field, so that a reader can
 * distribute members over several cores without inflating them first.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1952#page-5
 * @see https://samtools.github.io/hts-specs/SAMv1.pdf BGZF, which does the same for members of 64 KiB
 */

/** Identifies the field with the length among extra fields. */
const SUBFIELD = Buffer.from('EV', 'latin1');

/** Size of a header without extra fields, as zlib writes it. */
const PLAIN_HEADER_BYTES = 10;

/** Size of a header with a length: the plain header, the length of the extra fields, and one field with a 4-byte number. */
export const MEMBER_HEADER_BYTES = PLAIN_HEADER_BYTES + 2 + SUBFIELD.length + 2 + 4;

const FLAG_EXTRA = 0x04;

/** Longest member that is accepted; written members contain at most 1 MiB. */
const LONGEST_BYTES = 16 * 1024 * 1024;

/** Adds the length to the header of a member. The member consists of any number of buffers. */
export function withLength(member: readonly Buffer[]): readonly Buffer[] {
  const { beginning, rest } = cutAt(member, PLAIN_HEADER_BYTES);
  const header = Buffer.alloc(MEMBER_HEADER_BYTES);
  beginning.copy(header);
  header[3] = FLAG_EXTRA;
  header.writeUInt16LE(SUBFIELD.length + 2 + 4, PLAIN_HEADER_BYTES);
  SUBFIELD.copy(header, PLAIN_HEADER_BYTES + 2);
  header.writeUInt16LE(4, PLAIN_HEADER_BYTES + 4);
  header.writeUInt32LE(
    rest.reduce((sum, { length }) => sum + length, MEMBER_HEADER_BYTES),
    PLAIN_HEADER_BYTES + 6,
  );
  return [header, ...rest];
}

/** Splits off the first bytes. The first buffer may be shorter, when little room was left in the compressor's output buffer. */
function cutAt(pieces: readonly Buffer[], bytes: number): { readonly beginning: Buffer; readonly rest: readonly Buffer[] } {
  const [first = Buffer.alloc(0), ...others] = pieces;
  const [second, ...remaining] = others;
  if (first.length < bytes && second !== undefined) return cutAt([Buffer.concat([first, second]), ...remaining], bytes);
  return { beginning: first.subarray(0, bytes), rest: [first.subarray(bytes), ...others] };
}

/** Length of the member that starts with `header`; undefined when it states none or an impossible one. */
export function memberLength(header: Buffer): number | undefined {
  const isOurs =
    header.length >= MEMBER_HEADER_BYTES &&
    header.readUInt16BE(0) === 0x1f8b &&
    header[3] === FLAG_EXTRA &&
    header.readUInt16LE(PLAIN_HEADER_BYTES) === SUBFIELD.length + 2 + 4 &&
    header.subarray(PLAIN_HEADER_BYTES + 2, PLAIN_HEADER_BYTES + 4).equals(SUBFIELD) &&
    header.readUInt16LE(PLAIN_HEADER_BYTES + 4) === 4;
  if (!isOurs) return undefined;
  const length = header.readUInt32LE(PLAIN_HEADER_BYTES + 6);
  return length > MEMBER_HEADER_BYTES && length <= LONGEST_BYTES ? length : undefined;
}
