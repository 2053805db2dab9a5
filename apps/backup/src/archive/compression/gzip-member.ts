/**
 * Members of our gzip archives. Joined they are ordinary gzip; each says in an extra field how long it is, so that a
 * reader can hand them to several cores without looking into them first.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1952#page-5
 * @see https://samtools.github.io/hts-specs/SAMv1.pdf BGZF, which does so for members of 64 KiB
 */

/** Identifies our field among extra fields. */
const SUBFIELD = Buffer.from('EV', 'latin1');

/** Bytes of a header without extra fields, as zlib writes it. */
const PLAIN_HEADER_BYTES = 10;

/** Bytes of our header: the plain one, the length of the extra fields, and one field with a number of 4 bytes. */
export const MEMBER_HEADER_BYTES = PLAIN_HEADER_BYTES + 2 + SUBFIELD.length + 2 + 4;

const FLAG_EXTRA = 0x04;

/** Longest member that is read; those that are written have no more than 1 MiB of content. */
const LONGEST_BYTES = 16 * 1024 * 1024;

/** A member as zlib made it, in pieces of any lengths, with its own length in its header. */
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

/** The first bytes, and the pieces that remain: a compressor with little room left begins with a piece of a few bytes. */
function cutAt(pieces: readonly Buffer[], bytes: number): { readonly beginning: Buffer; readonly rest: readonly Buffer[] } {
  const [first = Buffer.alloc(0), ...others] = pieces;
  const [second, ...remaining] = others;
  if (first.length < bytes && second !== undefined) return cutAt([Buffer.concat([first, second]), ...remaining], bytes);
  return { beginning: first.subarray(0, bytes), rest: [first.subarray(bytes), ...others] };
}

/** Bytes of the member that begins with `header`; undefined when it does not say, or nothing that can be true. */
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
