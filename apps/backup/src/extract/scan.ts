import type { ReadEntry } from '../archive/entry.ts';
import { dataBytes } from './holes.ts';
import { Members, type ContentLimits } from './members.ts';

/** What most file systems give out at once. */
const BLOCK_BYTES = 4096;

/** What an archive holds. */
export interface Scanned {
  readonly files: number;
  readonly bytes: number;
  /** Bytes that unpacking takes on a disk: whole blocks, and none for holes. */
  readonly diskBytes: number;
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
  let blocks = 0;
  for await (const entry of entries) {
    if (members.admit(entry) !== undefined && entry.type !== 'directory') paths.push(entry.path);
    let bytes = entry.type === 'directory' ? BLOCK_BYTES : 0;
    for await (const chunk of entry.body) bytes += dataBytes(chunk);
    blocks += Math.ceil(bytes / BLOCK_BYTES);
  }
  return { files: members.files, bytes: members.bytes, diskBytes: blocks * BLOCK_BYTES, paths };
}
