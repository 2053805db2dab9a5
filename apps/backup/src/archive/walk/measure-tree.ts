import { closeSync, constants, openSync, type BigIntStats } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nextData } from '../../file-system/linux.ts';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import { isGone, isUnreadable } from './entry-errors.ts';
import { Exclusions } from './exclusions.ts';
import { walk } from './walk.ts';

/** Entries measured before yielding to the event loop, which take a few milliseconds. */
const ENTRIES_AT_ONCE = 1_000;

/** Minimum size of files whose holes are measured. For smaller ones, accuracy is not worth the time. */
const LARGE_BYTES = 64 * 1024 * 1024;

/** Maximum number of data extents counted per file; the rest counts as data. */
const MOST_EXTENTS = 100_000;

/** Size of a tree to archive. */
export interface TreeSize {
  /** Entries of all kinds. */
  readonly files: number;
  /** Size of the files' content, including holes. */
  readonly bytes: number;
  /** Size of the files on disk. */
  readonly allocatedBytes: number;
}

/**
 * Counts the entries and bytes that an archive of a directory would contain. Unreadable entries are not counted.
 *
 * @throws Error of the file system when the directory itself cannot be read; the signal's reason.
 */
export async function measureTree(root: string, exclude: readonly string[], signal: AbortSignal): Promise<TreeSize> {
  using tree = new DirectoryTree(root);
  const total = { files: 0, bytes: 0, allocatedBytes: 0 };
  const ignore = () => undefined;
  for (const { path, stats } of walk(tree, { exclude: new Exclusions(exclude), onWarning: ignore, onUnreadable: ignore })) {
    if (++total.files % ENTRIES_AT_ONCE === 0) await nextTurn(undefined, { signal });
    if (!stats.isFile()) continue;
    total.bytes += Number(stats.size);
    total.allocatedBytes += allocatedBytes(tree, path, stats);
  }
  return total;
}

/**
 * Size of a file without its holes. Some file systems report no blocks, and compressing ones fewer than there are data, so the holes of
 * large files are measured.
 */
function allocatedBytes(tree: DirectoryTree, path: Buffer, { size, blocks }: BigIntStats): number {
  const sizeBytes = Number(size);
  const blockBytes = Math.min(sizeBytes, Number(blocks) * 512);
  if (blockBytes === sizeBytes || sizeBytes < LARGE_BYTES) return blockBytes;
  let fd: number;
  try {
    fd = openSync(tree.at(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isGone(error) || isUnreadable(error)) return blockBytes;
    throw error;
  }
  try {
    return dataBytes(fd, sizeBytes);
  } finally {
    closeSync(fd);
  }
}

function dataBytes(fd: number, sizeBytes: number): number {
  let [total, at] = [0, 0];
  for (let count = 0; count < MOST_EXTENTS; count++) {
    const data = nextData(fd, at);
    if (data === undefined) return total;
    at = Math.min(sizeBytes, data.to);
    total += Math.max(0, at - data.from);
    if (at === sizeBytes) return total;
  }
  return total + sizeBytes - at;
}
