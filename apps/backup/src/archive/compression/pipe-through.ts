import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bytes that a transform may produce ahead of the reader. */
const AHEAD_BYTES = 2 * 1024 * 1024;

/**
 * Output of a transform for a source.
 *
 * @throws errors of both.
 */
export async function* pipeThrough(transform: Transform, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const ahead = new PassThrough({ highWaterMark: AHEAD_BYTES });
  const fed = pipeline(Readable.from(source), transform, ahead);
  // Errors destroy the last stream and are thrown below.
  fed.catch(() => undefined);
  for await (const chunk of ahead) yield chunk as Buffer;
  await fed;
}
