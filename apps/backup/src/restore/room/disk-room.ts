import { statfsSync } from 'node:fs';
import { USUAL_BLOCK_BYTES } from '../entries/scan.ts';

/** Overhead per file: a partly filled block and a directory entry. */
const BYTES_PER_FILE = 4096;

/** Reserved for the swap and its journal. */
const RESERVE_BYTES = 1024 * 1024;

/** Reserved for the staging directory and its own files. */
const RESERVE_INODES = 8;

/** The unpacked data does not fit on the disk. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
}

/** Space on a file system. */
export interface Room {
  /** Bytes without holes. */
  readonly bytes: number;
  readonly inodes: number;
}

/** Free space and capacity of a file system. */
export interface DiskRoom {
  readonly freeBytes: number;
  readonly capacityBytes: number;
  readonly freeInodes: number;
  /** Unit in which space is allocated: 4096, or less on small file systems. */
  readonly blockBytes: number;
}

/** Free space and capacity of the file system of `folder`. */
export function diskRoom(folder: string): DiskRoom {
  const { bavail, blocks, bsize, files, ffree } = statfsSync(folder);
  // File systems without a limit report a total of 0.
  return {
    freeBytes: blocks === 0 ? Number.MAX_SAFE_INTEGER : Math.max(0, bavail * bsize - RESERVE_BYTES),
    capacityBytes: blocks === 0 ? Number.MAX_SAFE_INTEGER : blocks * bsize,
    freeInodes: files === 0 ? Number.MAX_SAFE_INTEGER : Math.max(0, ffree - RESERVE_INODES),
    // Network file systems report the size of their requests here.
    blockBytes: Math.min(bsize, USUAL_BLOCK_BYTES),
  };
}

/** The space missing on the file system of `folder`; zeros when the data fits. */
export function missingRoom(folder: string, { bytes, inodes }: Room): Room {
  const { freeBytes, freeInodes } = diskRoom(folder);
  return { bytes: Math.max(0, bytes - freeBytes), inodes: Math.max(0, inodes - freeInodes) };
}

/** Disk space for `files` entries with `bytes` bytes of content, including partly filled blocks and directory entries. */
export const withOverhead = (bytes: number, files: number): number => bytes + files * BYTES_PER_FILE;
