import type { ReadEntry } from '../archive/entry.ts';
import { isWanted } from './member-path.ts';

/** What an archive holds. */
export interface Scanned {
  readonly files: number;
  readonly bytes: number;
  /** Relative paths of all that is no folder. */
  readonly paths: readonly Buffer[];
}

/**
 * Reads all entries, content and all, and writes nothing.
 *
 * @throws BackupError `integrity` for what would not be restored.
 */
export async function scanEntries(
  entries: AsyncIterable<ReadEntry>,
  { onProgress }: { readonly onProgress?: (bytes: number) => void },
): Promise<Scanned> {
  const paths: Buffer[] = [];
  const seen = new Set<string>();
  let [files, bytes] = [0, 0];
  for await (const entry of entries) {
    files++;
    bytes += entry.sizeBytes;
    if (isWanted(entry) && entry.type !== 'directory' && !seen.has(entry.path.toString('latin1'))) {
      seen.add(entry.path.toString('latin1'));
      paths.push(entry.path);
    }
    for await (const chunk of entry.body) onProgress?.(chunk.length);
  }
  return { files, bytes, paths };
}
