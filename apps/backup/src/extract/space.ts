import { statfsSync } from 'node:fs';
import { BackupError } from '../errors.ts';

/** A file takes whole blocks, and a name in its folder. */
const BYTES_PER_FILE = 4096;

/** Kept free, so that the steps of the swap and the journal have room. */
const RESERVE_BYTES = 1024 * 1024;

/** Bytes that are free for this process on the file system of `folder`. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Bytes that unpacking so much takes. */
export const neededBytes = ({ bytes, files }: { readonly bytes: number; readonly files: number }): number =>
  bytes + files * BYTES_PER_FILE + RESERVE_BYTES;

/**
 * Whether old and new data fit beside each other.
 *
 * @throws BackupError `io` that says how much is missing, and what can be done.
 */
export function assertRoom(folder: string, content: { readonly bytes: number; readonly files: number }): void {
  const missing = neededBytes(content) - freeBytes(folder);
  if (missing <= 0) return;
  throw new BackupError(
    'io',
    `${folder} has no room for the restored data beside the old: ${missing} bytes are missing; enlarge the volume, or set RESTORE_IN_PLACE=true to check the whole archive first and then replace the old data as it is unpacked`,
  );
}
