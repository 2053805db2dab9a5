import type { ReadEntry } from '../archive/entry.ts';
import { dataBytes } from './holes.ts';
import { Members, type ContentLimits, type MemberKind } from './members.ts';

/** What most file systems give out at once. */
const BLOCK_BYTES = 4096;

/** What an archive holds. */
export interface Scanned {
  readonly files: number;
  readonly bytes: number;
  /** Bytes that unpacking takes on a disk: whole blocks, and none for holes. */
  readonly diskBytes: number;
  /** Inodes that unpacking takes. */
  readonly inodes: number;
  /** What the archive has at a path. */
  readonly kindAt: (path: Buffer) => MemberKind | undefined;
}

/** How an archive is read. */
export interface ScanOptions {
  readonly limits: ContentLimits;
  /** Called for each entry that would be unpacked, and the directories it implies; throws to refuse it. */
  readonly onEntry?: (entry: ReadEntry, missingParents: readonly Buffer[]) => void;
}

/**
 * Reads all entries, content and all, and writes nothing.
 *
 * @throws BackupError `integrity` for what would not be restored.
 */
export async function scanEntries(entries: AsyncIterable<ReadEntry>, { limits, onEntry }: ScanOptions): Promise<Scanned> {
  const members = new Members(limits);
  let [blocks, inodes] = [0, 0];
  for await (const entry of entries) {
    const admission = members.admit(entry);
    let bytes = entry.type === 'directory' ? BLOCK_BYTES : 0;
    for await (const chunk of entry.body) bytes += dataBytes(chunk);
    if (admission === undefined) continue;
    onEntry?.(entry, admission.missingParents);
    const implied = admission.missingParents.length;
    blocks += Math.ceil(bytes / BLOCK_BYTES) + implied;
    inodes += (entry.type === 'hardlink' || admission.exists ? 0 : 1) + implied;
  }
  return { files: members.files, bytes: members.bytes, diskBytes: blocks * BLOCK_BYTES, inodes, kindAt: (path) => members.kindAt(path) };
}
