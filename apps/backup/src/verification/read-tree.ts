import { chmodSync, closeSync, constants, openSync, read, readlinkSync, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { DirectoryTree } from '../file-system/directory-tree.ts';
import { Exclusions } from '../archive/walk/exclusions.ts';
import { walk } from '../archive/walk/walk.ts';
import { isSqliteDatabase, MAGIC_BYTES } from '../sqlite/snapshot.ts';
import { HardLinks } from '../archive/content/hard-links.ts';
import { TreeDigest, type DigestedContent } from '../archive/content/tree-digest.ts';

const readAsync = promisify(read);

const BUFFER_BYTES = 1024 * 1024;

/** A tree as read back from disk. */
export interface TreeReading {
  /** Digest as returned by {@link TreeDigest.hex}. */
  readonly digest: string;
  /** Entries of all kinds, including the root. */
  readonly files: number;
  /** Size of the files' content; hard links to a file count once. */
  readonly bytes: number;
  /** Paths of SQLite databases. */
  readonly databases: readonly Buffer[];
}

/** No other process writes to scratch space, so an unreadable entry is a disk error. */
const EVERYTHING = {
  exclude: new Exclusions([]),
  onWarning: () => undefined,
  onUnreadable: (_path: Buffer, _what: string, error: unknown) => {
    throw error;
  },
};

/**
 * Reads an unpacked tree back from disk. Makes entries readable that their owner may not read.
 *
 * @throws Error of the file system; the signal's reason.
 */
export async function readTree(root: string, signal: AbortSignal): Promise<TreeReading> {
  using tree = new DirectoryTree(root);
  const digest = new TreeDigest();
  const links = new HardLinks();
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  const databases: Buffer[] = [];
  let [files, bytes] = [0, 0];
  for (const { path, stats } of walk(tree, EVERYTHING)) {
    signal.throwIfAborted();
    files++;
    const common = { path, mode: Number(stats.mode & 0o7777n) };
    if (!stats.isSymbolicLink()) makeReadable(tree.at(path), stats);
    if (stats.isDirectory()) digest.add({ ...common, type: 'directory' });
    else if (stats.isFIFO()) digest.add({ ...common, type: 'fifo' });
    else if (stats.isSymbolicLink()) {
      digest.add({ ...common, type: 'symlink', linkTarget: readlinkSync(tree.at(path), { encoding: 'buffer' }) });
    } else {
      const known = links.firstName(stats)?.content;
      const content = known ?? (await contentOf(tree.at(path), { buffer, signal, onDatabase: () => databases.push(path) }));
      if (known === undefined) {
        bytes += content.sizeBytes;
        links.add(stats, { path, content });
      }
      digest.add({ ...common, type: 'file', content });
    }
  }
  return { digest: digest.hex(), files, bytes, databases };
}

/** The walk reads a directory after yielding it, so its mode can still be changed here. */
function makeReadable(path: Buffer, stats: BigIntStats): void {
  const needed = stats.isDirectory() ? 0o500 : 0o400;
  const mode = Number(stats.mode & 0o7777n);
  if ((mode & needed) !== needed) chmodSync(path, mode | needed);
}

async function contentOf(
  path: Buffer,
  { buffer, signal, onDatabase }: { readonly buffer: Buffer; readonly signal: AbortSignal; readonly onDatabase: () => void },
): Promise<DigestedContent> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    let [sum, sizeBytes] = [0, 0];
    for (;;) {
      const { bytesRead } = await readAsync(fd, buffer, 0, BUFFER_BYTES, sizeBytes);
      signal.throwIfAborted();
      if (bytesRead === 0) return { crc32: sum, sizeBytes };
      if (sizeBytes === 0 && isSqliteDatabase(buffer.subarray(0, Math.min(bytesRead, MAGIC_BYTES)))) onDatabase();
      sum = crc32(buffer.subarray(0, bytesRead), sum);
      sizeBytes += bytesRead;
    }
  } finally {
    closeSync(fd);
  }
}
