import { statfsSync } from 'node:fs';

/** A file takes whole blocks, and a name in its folder. */
const BYTES_PER_FILE = 4096;

/** Kept free, so that the steps of the swap and the journal have room. */
const RESERVE_BYTES = 1024 * 1024;

/** The staging directory, and what is in it before the first entry. */
const RESERVE_INODES = 8;

/** What is unpacked would not fit; nothing was written beyond what is free. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
}

/** What something takes on a file system, or what is free. */
export interface Room {
  /** Without holes. */
  readonly bytes: number;
  readonly inodes: number;
}

/** What this process may write to a file system, and what the file system has in all. */
export interface DiskRoom {
  readonly freeBytes: number;
  readonly capacityBytes: number;
  readonly freeInodes: number;
}

/** The room on the file system of `folder`. */
export function diskRoom(folder: string): DiskRoom {
  const { bavail, blocks, bsize, files, ffree } = statfsSync(folder);
  // A file system without a limit reports a total of 0.
  return {
    freeBytes: blocks === 0 ? Number.MAX_SAFE_INTEGER : Math.max(0, bavail * bsize - RESERVE_BYTES),
    capacityBytes: blocks === 0 ? Number.MAX_SAFE_INTEGER : blocks * bsize,
    freeInodes: files === 0 ? Number.MAX_SAFE_INTEGER : Math.max(0, ffree - RESERVE_INODES),
  };
}

/** What is missing on the file system of `folder` for unpacking so much; 0 and 0 when it fits. */
export function missingRoom(folder: string, { bytes, inodes }: Room): Room {
  const { freeBytes, freeInodes } = diskRoom(folder);
  return { bytes: Math.max(0, bytes - freeBytes), inodes: Math.max(0, inodes - freeInodes) };
}

/** Bytes that so many entries with so much content take: a file takes whole blocks, and a name in its directory. */
export const withOverhead = (bytes: number, files: number): number => bytes + files * BYTES_PER_FILE;
