import type { ReadEntry } from '../archive/entry.ts';
import { dataBytes } from './holes.ts';
import { Members, type ContentLimits } from './members.ts';

/** What an archive holds. */
export interface Scanned {
  readonly files: number;
  readonly bytes: number;
  /** Bytes without the holes that unpacking makes: what it takes on a disk. */
  readonly dataBytes: number;
  /** Relative paths of all that is no folder. */
  readonly paths: readonly Buffer[];
}

/**
 * Reads all entries, content and all, and writes nothing.
 *
 * @throws BackupError `integrity` for what would not be restored.
 */
export async function scanEntries(entries: AsyncIterable<ReadEntry>, { limits }: { readonly limits: ContentLimits }): Promise<Scanned> {
  const members = new Members(limits);
  const paths: Buffer[] = [];
  let data = 0;
  for await (const entry of entries) {
    if (members.admit(entry) !== undefined && entry.type !== 'directory') paths.push(entry.path);
    for await (const chunk of entry.body) data += dataBytes(chunk);
  }
  return { files: members.files, bytes: members.bytes, dataBytes: data, paths };
}
