import type { ArchiveEntry, ReadEntry } from '../../archive/tar/entry.ts';
import { dataBytes } from '../unpack/holes.ts';
import { linkTargetOf } from './entry-rules.ts';
import { EntryAdmitter, type Admission, type ContentLimits, type EntryKind } from './entry-admitter.ts';

/** Block size of most file systems. */
const BLOCK_BYTES = 4096;

/** Size of a directory entry without its name. */
const BYTES_PER_NAME = 12;

/** Symlink targets and extended attributes up to these sizes are stored in the inode. */
const INODE_TARGET_BYTES = 59;
const INODE_ATTRIBUTE_BYTES = 80;

const SLASH = 0x2f;

/** Contents of an archive. */
export interface Scanned {
  readonly files: number;
  readonly bytes: number;
  /** Disk space for unpacking: whole blocks without holes, including names, long symlinks and extended attributes. */
  readonly diskBytes: number;
  /** Inodes for unpacking. */
  readonly inodes: number;
  /** Kind of the archive's entry at a path. */
  readonly kindAt: (path: Buffer) => EntryKind | undefined;
}

/** Options of {@link scanEntries}. */
export interface ScanOptions {
  readonly limits: ContentLimits;
  /** Called for each entry that would be unpacked; may throw to reject it. */
  readonly onEntry?: (entry: ReadEntry, admission: Admission) => void;
}

/**
 * Reads all entries and their contents without writing anything.
 *
 * @throws BackupError `integrity` for entries that would be rejected by a restore.
 */
export async function scanEntries(entries: AsyncIterable<ReadEntry>, { limits, onEntry }: ScanOptions): Promise<Scanned> {
  const admitter = new EntryAdmitter(limits);
  let [blocks, inodes, nameBytes] = [0, 0, 0];
  for await (const entry of entries) {
    const admission = admitter.admit(entry);
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
  return { files: admitter.files, bytes: admitter.bytes, diskBytes, inodes, kindAt: (path) => admitter.kindAt(path) };
}

/** Blocks that an entry takes in addition to its content, on most file systems. */
function blocksBeside(entry: ArchiveEntry): number {
  const attributeBytes = [...(entry.xattrs ?? [])].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const targetBytes = entry.type === 'symlink' ? linkTargetOf(entry).length : 0;
  return (
    (targetBytes > INODE_TARGET_BYTES ? Math.ceil(targetBytes / BLOCK_BYTES) : 0) +
    (attributeBytes > INODE_ATTRIBUTE_BYTES ? Math.ceil(attributeBytes / BLOCK_BYTES) : 0)
  );
}
