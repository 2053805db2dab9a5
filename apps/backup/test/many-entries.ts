import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { rawEntry, TAR_END } from './tar-bytes.ts';

const ENTRIES_AT_ONCE = 1_000;

/** Writes an archive with `entries` entries: a directory and files in it. */
export async function writeManyEntries(file: string, entries: number): Promise<void> {
  await pipeline(Readable.from(tarOf(entries)), createGzip({ level: 1 }), createWriteStream(file));
}

function* tarOf(entries: number): Generator<Buffer> {
  for (let from = 0; from < entries; from += ENTRIES_AT_ONCE) {
    const batch = Array.from({ length: Math.min(ENTRIES_AT_ONCE, entries - from) }, (_, index) => entryAt(from + index));
    yield Buffer.concat(batch);
  }
  yield TAR_END;
}

const entryAt = (index: number): Buffer =>
  index === 0 ? rawEntry({ name: 'directory/', type: '5', mode: 0o755 }) : rawEntry({ name: `directory/file-${index}` });
