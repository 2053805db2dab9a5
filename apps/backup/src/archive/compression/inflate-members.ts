import { constants, createGunzip } from 'node:zlib';
import type { BufferPool } from '../chunks/buffer-pool.ts';
import { CHUNK_BYTES, ZEROS } from '../chunks/chunk-pool.ts';
import { inOrder } from './in-order.ts';
import { OutputLimitError, ReusedTransforms, type Resettable } from './reused-transform.ts';

/** Largest content of a member that states its length; written members contain at most 1 MiB. */
const LARGEST_CONTENT_BYTES = 4 * CHUNK_BYTES;

/** Upper bound of the length of a member that contains only zeros, about 1 KiB. */
const LONGEST_ZEROS = 4096;

/** Size of a buffer for a member or its content: an incompressible chunk and its header, the largest member that this tool writes. */
export const MEMBER_BYTES = CHUNK_BYTES + 64 * 1024;

/** A member ends with the length of its content, in this many bytes. */
const LENGTH_BYTES = 4;

/** Whether a member of this length may contain only zeros. */
export const isShortMember = (bytes: number): boolean => bytes < LONGEST_ZEROS;

/**
 * Inflates gzip members on all cores and yields their contents in order. A chunk is valid until the next one is requested.
 *
 * @param given.pool owns the buffers of the members, of {@link MEMBER_BYTES} bytes or more; receives them after use.
 * @throws OutputLimitError for a member whose content is larger than any that is written; LeftInputError; errors of zlib.
 */
export async function* inflateMembers(
  members: AsyncIterable<Buffer>,
  { cores, pool }: { readonly cores: number; readonly pool: BufferPool },
): AsyncGenerator<Buffer> {
  const inflating = new ReusedTransforms(() => createGunzip({ chunkSize: MEMBER_BYTES }) as unknown as Resettable, {
    finish: constants.Z_FINISH,
  });
  // The members of holes are identical and short.
  let zeros: Buffer | undefined;
  const work = async (member: Buffer): Promise<Buffer> => {
    const isShort = isShortMember(member.length);
    if (isShort && zeros?.equals(member) === true) {
      pool.give(member);
      return ZEROS;
    }
    const content = pool.take(Math.max(contentBytes(member), MEMBER_BYTES));
    const length = await inflating.runInto([member], content);
    if (isShort && content.subarray(0, length).equals(ZEROS)) zeros = Buffer.from(member);
    pool.give(member);
    return content.subarray(0, length);
  };
  for await (const content of inOrder(members, { limit: Math.min(4, cores) + 3, work })) {
    yield content;
    pool.give(content);
  }
}

/** @throws OutputLimitError */
function contentBytes(member: Buffer): number {
  const bytes = member.readUInt32LE(member.length - LENGTH_BYTES);
  if (bytes > LARGEST_CONTENT_BYTES) throw new OutputLimitError(`a member with more than ${LARGEST_CONTENT_BYTES} bytes`);
  return bytes;
}
