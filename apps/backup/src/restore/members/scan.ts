import type { ArchiveEntry, ReadEntry } from '../../archive/tar/entry.ts';
import { dataBytes } from '../unpack/holes.ts';
import { linkTargetOf } from './member-rules.ts';
import { Members, type Admission, type ContentLimits, type MemberKind } from './members.ts';

/** What most file systems give out at once. */
const BLOCK_BYTES = 4096;

/** The parts of a directory entry other than its name. */
const BYTES_PER_NAME = 12;

/** Targets of symlinks, and extended attributes, up to these sizes are kept in the inode. */
const INODE_TARGET_BYTES = 59;
const INODE_ATTRIBUTE_BYTES = 80;

const SLASH = 0x2f;

/** What an archive holds. */
export interface Scanned {
  readonly files: number;
  readonly bytes: number;
  /** Bytes that unpacking takes on a disk: whole blocks, and none for holes; names, long symlinks and extended attributes included. */
  readonly diskBytes: number;
  /** Inodes that unpacking takes. */
  readonly inodes: number;
  /** What the archive has at a path. */
  readonly kindAt: (path: Buffer) => MemberKind | undefined;
}

/** How an archive is read. */
export interface ScanOptions {
  readonly limits: ContentLimits;
  /** Called for each entry that would be unpacked; throws to refuse it. */
  readonly onEntry?: (entry: ReadEntry, admission: Admission) => void;
}

/**
 * Reads all entries, content and all, and writes nothing.
 *
 * @throws BackupError `integrity` for what would not be restored.
 */
export async function scanEntries(entries: AsyncIterable<ReadEntry>, { limits, onEntry }: ScanOptions): Promise<Scanned> {
  const members = new Members(limits);
  let [blocks, inodes, nameBytes] = [0, 0, 0];
  for await (const entry of entries) {
    const admission = members.admit(entry);
    let bytes = entry.type === 'directory' ? BLOCK_BYTES : 0;
    for await (const chunk of entry.body) bytes += dataBytes(chunk);
    if (admission === undefined) continue;
    onEntry?.(entry, admission);
    const implied = admission.missingParents.length;
    blocks += Math.ceil(bytes / BLOCK_BYTES) + implied + blocksBeside(entry);
    nameBytes += entry.path.length - entry.path.lastIndexOf(SLASH) - 1 + BYTES_PER_NAME;
    inodes += (entry.type === 'hardlink' || admission.exists ? 0 : 1) + implied;
  }
  const diskBytes = blocks * BLOCK_BYTES + nameBytes;
  return { files: members.files, bytes: members.bytes, diskBytes, inodes, kindAt: (path) => members.kindAt(path) };
}

/** Blocks that an entry takes for what is not its content, on most file systems. */
function blocksBeside(entry: ArchiveEntry): number {
  const attributeBytes = [...(entry.xattrs ?? [])].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const targetBytes = entry.type === 'symlink' ? linkTargetOf(entry).length : 0;
  return (
    (targetBytes > INODE_TARGET_BYTES ? Math.ceil(targetBytes / BLOCK_BYTES) : 0) +
    (attributeBytes > INODE_ATTRIBUTE_BYTES ? Math.ceil(attributeBytes / BLOCK_BYTES) : 0)
  );
}
