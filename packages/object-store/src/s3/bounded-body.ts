import { Readable } from 'node:stream';

/**
 * Reads a whole body of at most `limitBytes`, so that a broken or hostile server cannot exhaust memory.
 *
 * @returns undefined when the body is longer.
 */
export async function boundedBody(body: unknown, limitBytes: number): Promise<Buffer | undefined> {
  if (!(body instanceof Readable)) return Buffer.from(body instanceof Uint8Array ? body : []);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the body.
    if (bytes > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
