import { LOST_AND_FOUND, STAGING_NAME, type ArchiveEntry } from '../../archive/tar/entry.ts';
import { refusedEntry, topName } from '../../archive/tar/member-path.ts';

/** What the rules look at. The path, and the target of a hard link, are as `memberPath` returns them. */
export type Member = Pick<ArchiveEntry, 'path' | 'type' | 'linkTarget' | 'sizeBytes' | 'uid' | 'gid'>;

/** Largest owner there is: the number after it means "unchanged" to chown(2), and would leave a setuid file to root. */
const LARGEST_ID = 2 ** 32 - 2;

/** symlink(2) takes a path: PATH_MAX without its terminating zero. */
const LONGEST_TARGET_BYTES = 4095;

/** Names at the top that are not data: the file system's own directory, and where restores are prepared. */
const RESERVED: ReadonlySet<string> = new Set([LOST_AND_FOUND, STAGING_NAME]);

/** Whether a path is, or is in, what restores leave alone. */
export const isReserved = (path: Buffer): boolean => RESERVED.has(topName(path));

/**
 * Whether an entry is unpacked at all. All that unpacking a single entry could fail at, other than for the file system, is
 * refused here: checks without unpacking use the same rules, so that an archive that passes them can be restored.
 *
 * @throws BackupError `integrity` for what no backup holds.
 */
export function isWanted(entry: Member): boolean {
  for (const [field, id] of [
    ['owner', entry.uid],
    ['group', entry.gid],
  ] as const) {
    if (!(Number.isInteger(id) && id >= 0 && id <= LARGEST_ID)) throw refusedEntry(entry.path, `with the ${field} ${id}, which cannot be`);
  }
  switch (entry.type) {
    case 'hardlink':
      if (linkTargetOf(entry).length === 0) throw refusedEntry(entry.path, 'a hard link to nothing');
      break;
    case 'symlink':
      checkSymlink(entry);
      break;
    case 'character-device':
    case 'block-device':
      throw refusedEntry(entry.path, 'a device');
    case 'other':
      throw refusedEntry(entry.path, 'an entry of a type that is not supported');
    case 'file':
    case 'directory':
    case 'fifo':
  }
  if (entry.type !== 'directory' && entry.path.length === 0) throw refusedEntry(entry.path, 'which is the root and not a directory');
  return !isReserved(entry.path);
}

function checkSymlink(entry: Member): void {
  const target = linkTargetOf(entry);
  if (target.length === 0) throw refusedEntry(entry.path, 'a symlink to nothing');
  if (target.length > LONGEST_TARGET_BYTES) throw refusedEntry(entry.path, `a symlink of more than ${LONGEST_TARGET_BYTES} bytes`);
  if (target.includes(0)) throw refusedEntry(entry.path, 'a symlink with a zero byte');
}

/** Target of a link; empty when there is none. */
export const linkTargetOf = ({ linkTarget = Buffer.alloc(0) }: Pick<ArchiveEntry, 'linkTarget'>): Buffer => linkTarget;
