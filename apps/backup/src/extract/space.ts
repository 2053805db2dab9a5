import { statfsSync } from 'node:fs';

/** A file takes whole blocks, and a name in its folder. */
const BYTES_PER_FILE = 4096;

/** Kept free, so that the steps of the swap and the journal have room. */
const RESERVE_BYTES = 1024 * 1024;

/** What is unpacked would not fit; nothing was written beyond what is free. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
}

/** What unpacking takes. */
export interface DiskContent {
  /** Without holes. */
  readonly bytes: number;
  readonly files: number;
}

/** Bytes that this process may write to the file system of `folder`, and that it has in all. */
export function diskRoom(folder: string): { readonly freeBytes: number; readonly capacityBytes: number } {
  const { bavail, blocks, bsize } = statfsSync(folder);
  // A file system without a limit says that it has no blocks at all.
  if (blocks === 0) return { freeBytes: Number.MAX_SAFE_INTEGER, capacityBytes: Number.MAX_SAFE_INTEGER };
  return { freeBytes: Math.max(0, bavail * bsize - RESERVE_BYTES), capacityBytes: blocks * bsize };
}

/** Bytes that are missing for unpacking so much; 0 when it fits. */
export function missingBytes(folder: string, { bytes, files }: DiskContent): number {
  return Math.max(0, bytes + files * BYTES_PER_FILE - diskRoom(folder).freeBytes);
}
