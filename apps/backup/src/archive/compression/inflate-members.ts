import { constants, createGunzip } from 'node:zlib';
import type { BufferPool } from '../chunks/buffer-pool.ts';
import { CHUNK_BYTES, ZEROS } from '../chunks/chunk-pool.ts';
import { inOrder } from './in-order.ts';
import { OutputLimitError, ReusedTransforms, type Resettable } from './reused-transform.ts';

/** Largest content of a member that says its length: those that are written have 1 MiB. */
const LARGEST_CONTENT_BYTES = 4 * CHUNK_BYTES;

/** A member of zeros alone has hardly more than a kilobyte. */
const LONGEST_ZEROS = 4096;

/** What zlib writes at once. Larger buffers are returned to the system each time, and their pages touched anew. */
const OUTPUT_BYTES = 64 * 1024;

/** A member ends with the length of its content. */
const LENGTH_BYTES = 4;

/** Whether a member of so many bytes may be one of zeros alone. */
export const isShortMember = (bytes: number): boolean => bytes < LONGEST_ZEROS;

/**
 * Inflates members of gzip on all cores, in their order. A chunk is valid until the next one is asked for.
 *
 * @param given.pool the members come from it, and go back to it.
 * @throws OutputLimitError for a member with a larger content than any that is written; LeftInputError; what zlib throws.
 */
export async function* membersInflated(
  members: AsyncIterable<Buffer>,
  { cores, pool }: { readonly cores: number; readonly pool: BufferPool },
): AsyncGenerator<Buffer> {
  const inflating = new ReusedTransforms(() => createGunzip({ chunkSize: OUTPUT_BYTES }) as unknown as Resettable, {
    finish: constants.Z_FINISH,
  });
  // Holes: all their members are alike, and short.
  let zeros: Buffer | undefined;
  const work = async (member: Buffer): Promise<Buffer> => {
    const isShort = isShortMember(member.length);
    if (isShort && zeros?.equals(member) === true) {
      pool.give(member);
      return ZEROS;
    }
    const content = pool.take(contentBytes(member));
    const length = await inflating.runInto([member], content);
    if (isShort && content.subarray(0, length).equals(ZEROS)) zeros = Buffer.from(member);
    pool.give(member);
    return content.subarray(0, length);
  };
  for await (const content of inOrder(members, { limit: Math.min(4, cores) + 1, work })) {
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
