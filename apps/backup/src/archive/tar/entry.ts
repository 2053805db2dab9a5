import { isUtf8 } from 'node:buffer';
import type { ExtendedAttributes } from '../../file-system/extended-attributes.ts';

/** What an archive holds at one path. Types beyond those written here are told apart when read, to be refused. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'fifo' | 'character-device' | 'block-device' | 'other';

/** One entry of an archive. Names are bytes: on Linux they need not be UTF-8. */
export interface ArchiveEntry {
  /** Relative path: names joined with single slashes, none of them `.` or `..` (see `memberPath`); empty for the root itself. */
  readonly path: Buffer;
  readonly type: EntryType;
  /** Permission bits, with setuid, setgid and sticky: at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for all but files. */
  readonly sizeBytes: number;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Target of a symlink as is and unchecked, or the path of the entry that a hard link is another name of. */
  readonly linkTarget?: Buffer;
  /** Extended attributes, access control lists and file capabilities among them; absent when there are none. */
  readonly xattrs?: ExtendedAttributes;
}

/** An entry as it is read: its content must be read, or is skipped, before the next entry. */
export interface ReadEntry extends ArchiveEntry {
  readonly body: AsyncIterable<Buffer>;
}

/** Name of the folder at the top of a volume in which restores are prepared: never part of a backup. */
export const STAGING_NAME = '.eevee-restore';

/** What file systems keep at their top for their own repair: neither backed up nor removed. */
export const LOST_AND_FOUND = 'lost+found';

/**
 * A path for a person: bytes that are not UTF-8 and control characters as `\xff`.
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
