import { isUtf8 } from 'node:buffer';
import type { ExtendedAttributes } from '../../file-system/extended-attributes.ts';

/** Type of an archive entry. The device types and `other` are only read, in order to reject them. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'fifo' | 'character-device' | 'block-device' | 'other';

/** An archive entry. Names are bytes, because Linux does not require UTF-8. */
export interface ArchiveEntry {
  /** Relative path: names joined with single slashes, without `.` and `..` (see `entryPath`); empty for the root. */
  readonly path: Buffer;
  readonly type: EntryType;
  /** Permission bits including setuid, setgid and sticky: at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Size of the content; 0 except for files. */
  readonly sizeBytes: number;
  /** Modification time in nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Target of a symlink, unchecked, or the path of the entry that a hard link refers to. */
  readonly linkTarget?: Buffer;
  /** Extended attributes, including access control lists and file capabilities; absent when empty. */
  readonly xattrs?: ExtendedAttributes;
}

/** An entry being read. Content that is not read before the next entry is skipped. */
export interface ReadEntry extends ArchiveEntry {
  readonly body: AsyncIterable<Buffer>;
}

/** Directory at the top of a volume in which restores are prepared; never part of a backup. */
export const STAGING_NAME = '.eevee-restore';

/** Directory at the top of a file system for its own repair; neither backed up nor removed. */
export const LOST_AND_FOUND = 'lost+found';

/** File at the top of a volume whose old data a restore removed without completing; never part of a backup. */
export const UNFINISHED_NAME = '.eevee-restore-unfinished';

/** File at the top of a volume that lists backups whose protection from retention a restore could not end; never part of a backup. */
export const PROTECTED_NAME = '.eevee-restore-protected';

/** The same list while it is written. */
export const NEW_PROTECTED_NAME = `${PROTECTED_NAME}.new`;

/** Names at the top of a volume that backups omit and restores do not replace. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  LOST_AND_FOUND,
  STAGING_NAME,
  UNFINISHED_NAME,
  PROTECTED_NAME,
  NEW_PROTECTED_NAME,
]);

/**
 * Formats a path for messages: bytes that are not UTF-8 and control characters appear as `\xff`.
 *
 * @example
 * printable(Buffer.from([0x61, 0xff])); // 'a\\xff'
 */
export function printable(path: Buffer): string {
  const text = path.toString('utf8');
  const isText = isUtf8(path) && !/\p{Cc}/u.test(text);
  return isText
    ? text
    : path.toString('latin1').replace(/[^\x20-\x7e]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
