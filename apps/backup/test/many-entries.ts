import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { rawEntry, TAR_END } from './tar-bytes.ts';

const ENTRIES_IN_A_DIRECTORY = 1_000;
const ENTRIES_AT_ONCE = 1_000;

/** Writes an archive of so many entries: directories, and in each a thousand files of one byte. */
export async function writeManyEntries(file: string, entries: number): Promise<void> {
  await pipeline(Readable.from(tarOf(entries)), createGzip({ level: 1 }), createWriteStream(file));
}

function* tarOf(entries: number): Generator<Buffer> {
  for (let from = 0; from < entries; from += ENTRIES_AT_ONCE) {
    const batch: Buffer[] = [];
    for (let index = from; index < Math.min(from + ENTRIES_AT_ONCE, entries); index++) batch.push(entryAt(index));
    yield Buffer.concat(batch);
  }
  yield TAR_END;
}

function entryAt(index: number): Buffer {
  const directory = `directory-${Math.floor(index / ENTRIES_IN_A_DIRECTORY)}`;
  return index % ENTRIES_IN_A_DIRECTORY === 0
    ? rawEntry({ name: `${directory}/`, type: '5', mode: 0o755 })
    : rawEntry({ name: `${directory}/file-${index}`, content: 'x' });
}
