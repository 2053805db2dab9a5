import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BackupCompression } from '@eeveebot/contract';
import { ChunkPool } from '../src/archive/chunks/chunk-pool.ts';
import { compressArchive } from '../src/archive/compression/compress.ts';
import { emptySummary, type ArchiveSummary } from '../src/archive/content/archive-report.ts';
import { archiveStream } from '../src/archive/archive-stream.ts';

/** Writes an archive of a folder to a file, as the tool would upload it. */
export async function writeArchive(
  folder: string,
  file: string,
  given: { readonly compression?: BackupCompression; readonly exclude?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<ArchiveSummary & { readonly warnings: readonly string[] }> {
  const { compression = 'gzip', exclude = [], signal = new AbortController().signal } = given;
  const warnings: string[] = [];
  const summary = emptySummary();
  const pool = new ChunkPool();
  const options = { exclude, temporaryDirectory: tmpdir(), onWarning: (warning: string) => void warnings.push(warning), pool, signal };
  const bytes = compressArchive(archiveStream(folder, options, summary), { compression, level: compression === 'gzip' ? 6 : 3, pool });
  await pipeline(Readable.from(bytes), createWriteStream(file));
  return { ...summary, warnings };
}
