import type { ArchiveEntry, ReadEntry } from '../../archive/tar/entry.ts';
import { dataBytes } from './holes.ts';
import { linkTargetOf } from './entry-rules.ts';
import type { ContentLimits } from './content-limits.ts';
import { EntryAdmitter, type Admission, type EntryKind } from './entry-admitter.ts';

/** Block size of most file systems. */
export const USUAL_BLOCK_BYTES = 4096;

/** Size of a directory entry without its name. */
const BYTES_PER_NAME = 12;

/** Large directories are trees of blocks that may be half full. */
const NAME_SHARE = 2;

/** Sizes of a step in the journal of a swap, of the two steps for a directory, and of a directory in the list of an unpacking. */
const STEP_BYTES = 32;
const DIRECTORY_STEPS_BYTES = 320;
const LISTED_DIRECTORY_BYTES = 512;

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
  /** Disk space for a journal with a step for each entry. */
  readonly journalBytes: number;
  /** Inodes for unpacking. */
  readonly inodes: number;
  /** Kind of the archive's entry at a path. */
  readonly kindAt: (path: Buffer) => EntryKind | undefined;
}

/** Options of {@link scanEntries}. */
export interface ScanOptions {
  readonly limits: ContentLimits;
  /** Unit in which the file system allocates space. */
  readonly blockBytes?: number;
  /** Called for each entry that would be unpacked; may throw to reject it. */
  readonly onEntry?: (entry: ReadEntry, admission: Admission) => void;
}

/**
 * Reads all entries and their contents without writing anything.
 *
 * @throws BackupError `integrity` for entries that would be rejected by a restore.
 */
export async function scanEntries(
  entries: AsyncIterable<ReadEntry>,
  { limits, blockBytes = USUAL_BLOCK_BYTES, onEntry }: ScanOptions,
): Promise<Scanned> {
  const admitter = new EntryAdmitter(limits);
  let [blocks, inodes, otherBytes, journalBytes] = [0, 0, 0, 0];
  for await (const entry of entries) {
    const admission = admitter.admit(entry);
    let bytes = entry.type === 'directory' ? blockBytes : 0;
    for await (const chunk of entry.body) bytes += dataBytes(chunk);
    if (admission === undefined) continue;
    onEntry?.(entry, admission);
    const implied = admission.missingParents.length;
    blocks += Math.ceil(bytes / blockBytes) + implied + blocksBeside(entry, blockBytes);
    otherBytes += NAME_SHARE * (entry.path.length - entry.path.lastIndexOf(SLASH) - 1 + BYTES_PER_NAME);
    if (entry.type === 'directory') otherBytes += LISTED_DIRECTORY_BYTES + 2 * entry.path.length;
    journalBytes += stepBytes(entry) + implied * DIRECTORY_STEPS_BYTES;
    inodes += (entry.type === 'hardlink' || admission.exists ? 0 : 1) + implied;
  }
  const diskBytes = blocks * blockBytes + otherBytes;
  return { files: admitter.files, bytes: admitter.bytes, diskBytes, journalBytes, inodes, kindAt: (path) => admitter.kindAt(path) };
}

/** Blocks that an entry takes in addition to its content, on most file systems. */
function blocksBeside(entry: ArchiveEntry, blockBytes: number): number {
  const attributeBytes = [...(entry.xattrs ?? [])].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const targetBytes = entry.type === 'symlink' ? linkTargetOf(entry).length : 0;
  return (
    (targetBytes > INODE_TARGET_BYTES ? Math.ceil(targetBytes / blockBytes) : 0) +
    (attributeBytes > INODE_ATTRIBUTE_BYTES ? Math.ceil(attributeBytes / blockBytes) : 0)
  );
}

/** Size of the steps for an entry in a journal, which contains its path as JSON. */
function stepBytes({ path, type }: ArchiveEntry): number {
  const pathBytes = Buffer.byteLength(JSON.stringify(path.toString('latin1')));
  return type === 'directory' ? DIRECTORY_STEPS_BYTES + 2 * pathBytes : STEP_BYTES + pathBytes;
}
