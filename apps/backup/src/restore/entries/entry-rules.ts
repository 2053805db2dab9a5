import { RESERVED_NAMES, type ArchiveEntry } from '../../archive/tar/entry.ts';
import { refusedEntry, topName } from '../../archive/tar/entry-path.ts';

/** The parts of an entry that the rules check. The path and the target of a hard link are normalized by `entryPath`. */
export type CheckedEntry = Pick<ArchiveEntry, 'path' | 'type' | 'linkTarget' | 'sizeBytes' | 'uid' | 'gid'>;

/** Largest valid user or group id: chown(2) interprets the next number as "unchanged", which would leave a setuid file to root. */
const LARGEST_ID = 2 ** 32 - 2;

/** Limit of symlink(2): PATH_MAX without its terminating zero byte. */
const LONGEST_TARGET_BYTES = 4095;

/** Whether a path is reserved or below a reserved directory, which restores do not touch. */
export const isReserved = (path: Buffer): boolean => RESERVED_NAMES.has(topName(path));

/**
 * Whether an entry is unpacked rather than skipped. Rejects every entry that could not be unpacked for reasons other than the file system.
 * Checks without unpacking use the same rules, so an archive that passes them can be restored.
 *
 * @throws BackupError `integrity` for entries that no backup contains.
 */
export function isWanted(entry: CheckedEntry): boolean {
  checkId(entry, 'owner', entry.uid);
  checkId(entry, 'group', entry.gid);
  checkType(entry);
  if (entry.type !== 'directory' && entry.path.length === 0) throw refusedEntry(entry.path, 'the root, which is not a directory');
  return !isReserved(entry.path);
}

function checkId({ path }: CheckedEntry, field: string, id: number): void {
  if (!(Number.isInteger(id) && id >= 0 && id <= LARGEST_ID)) throw refusedEntry(path, `with the invalid ${field} ${id}`);
}

function checkType(entry: CheckedEntry): void {
  switch (entry.type) {
    case 'hardlink':
      if (linkTargetOf(entry).length === 0) throw refusedEntry(entry.path, 'a hard link without a target');
      return;
    case 'symlink':
      checkSymlink(entry);
      return;
    case 'character-device':
    case 'block-device':
      throw refusedEntry(entry.path, 'a device');
    case 'other':
      throw refusedEntry(entry.path, 'an entry of an unsupported type');
    case 'file':
    case 'directory':
    case 'fifo':
  }
}

function checkSymlink(entry: CheckedEntry): void {
  const target = linkTargetOf(entry);
  if (target.length === 0) throw refusedEntry(entry.path, 'a symlink without a target');
  if (target.length > LONGEST_TARGET_BYTES)
    throw refusedEntry(entry.path, `a symlink with a target of more than ${LONGEST_TARGET_BYTES} bytes`);
  if (target.includes(0)) throw refusedEntry(entry.path, 'a symlink whose target contains a zero byte');
}

/** Target of a link; empty when it has none. */
export const linkTargetOf = ({ linkTarget = Buffer.alloc(0) }: Pick<ArchiveEntry, 'linkTarget'>): Buffer => linkTarget;
