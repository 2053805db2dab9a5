import { constants, createZstdDecompress } from 'node:zlib';
import { BufferPool } from '../chunks/buffer-pool.ts';
import type { ByteReader } from '../chunks/byte-reader.ts';
import { CHUNK_BYTES, ZEROS } from '../chunks/chunk-pool.ts';
import { inOrder } from './in-order.ts';
import { pipeThrough } from './pipe-through.ts';
import { OutputLimitError, ReusedTransforms, type Resettable } from './reused-transform.ts';
import { FRAME_BOUND, FRAME_HEADER_BYTES, isSmallFrame, ZstdFrames } from './zstd-frames.ts';

/** Upper bound of the length of a frame that contains only one chunk of zeros, about 50 bytes. */
const LONGEST_ZEROS = 256;

/** Frames in progress in addition to one for each core: each takes up to twice {@link FRAME_BOUND} of memory. */
const MORE_FRAMES = 1;

/**
 * Decompresses zstd frames like those that this tool writes on all cores, and yields their contents in order. Leaves the first frame that is
 * longer, or needs more memory, and all behind it to the caller. A chunk is valid until the next one is requested.
 *
 * @throws LeftInputError; errors of zlib.
 */
export async function* decompressFrames(reader: ByteReader, { cores }: { readonly cores: number }): AsyncGenerator<Buffer> {
  const pool = new BufferPool(FRAME_BOUND);
  const decompressing = new ReusedTransforms(() => createZstdDecompress({ chunkSize: FRAME_BOUND }) as unknown as Resettable, {
    finish: constants.ZSTD_e_end,
  });
  // The frames of holes are identical and short.
  let zeros: Buffer | undefined;
  const work = async (frame: Buffer): Promise<Contents> => {
    const isShort = frame.length < LONGEST_ZEROS;
    if (isShort && zeros?.equals(frame) === true) {
      pool.give(frame);
      return [ZEROS];
    }
    const target = pool.take(FRAME_BOUND);
    try {
      const content = target.subarray(0, await decompressing.runInto([frame], target));
      if (isShort && content.length === CHUNK_BYTES && content.equals(ZEROS)) zeros = Buffer.from(frame);
      pool.give(frame);
      return [content];
    } catch (error) {
      // A thread may still write to the target, which is therefore not returned to the pool.
      if (error instanceof OutputLimitError) return pipeThrough(createZstdDecompress(), only(frame));
      throw error;
    }
  };
  for await (const contents of inOrder(readFrames(reader, pool), { limit: Math.min(4, cores) + MORE_FRAMES, work })) {
    for await (const content of contents) {
      yield content;
      pool.give(content);
    }
  }
}

type Contents = readonly Buffer[] | AsyncGenerator<Buffer>;

async function* only(frame: Buffer): AsyncGenerator<Buffer> {
  yield frame;
}

/** Reads frames into buffers of a pool, up to one that does not fit, or whose header states that it needs more memory. */
async function* readFrames(reader: ByteReader, pool: BufferPool): AsyncGenerator<Buffer> {
  while (isSmallFrame(await reader.peek(FRAME_HEADER_BYTES))) {
    const { frame, isWhole } = await takeFrame(reader, pool.take(FRAME_BOUND));
    if (!isWhole) return reader.giveBack(frame);
    yield frame;
  }
}

/** Reads a frame into a buffer; not to its end if the archive is cut short or the frame is larger than the buffer. */
async function takeFrame(reader: ByteReader, buffer: Buffer): Promise<{ readonly frame: Buffer; readonly isWhole: boolean }> {
  const frames = new ZstdFrames();
  let length = 0;
  let piece: Buffer;
  do {
    piece = await reader.takeSome((available) => frames.followOne(available.subarray(0, buffer.length - length)));
    length += piece.copy(buffer, length);
  } while (piece.length > 0 && !frames.isWhole);
  return { frame: buffer.subarray(0, length), isWhole: frames.isWhole };
}
