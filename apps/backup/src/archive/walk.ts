import { lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import { matchesGlob } from 'node:path';
import { LOST_AND_FOUND, printable, STAGING_NAME } from './entry.ts';
import type { DirectoryTree } from './directory-tree.ts';

/** Something found below the root. */
export interface Found {
  /** Relative; empty for the root. */
  readonly path: Buffer;
  readonly stats: BigIntStats;
}

/** What is left out of a walk. */
export interface WalkOptions {
  /** Globs: one with a slash is compared with the whole relative path, others with every name. What is below goes too. */
  readonly exclude: readonly string[];
  /** Told of what is left out because it cannot be part of an archive or went away. */
  readonly onWarning: (warning: string) => void;
}

/** Names at the top that are never part of a backup. */
const RESERVED: ReadonlySet<string> = new Set([LOST_AND_FOUND, STAGING_NAME]);

/**
 * Everything below a directory, itself first, each directory before what is in it, names in the order of their bytes.
 * What goes away meanwhile is left out. Sockets are left out in silence: they mean nothing without their process.
 *
 * @throws Error of the file system when a directory cannot be read.
 */
export function* walk(tree: DirectoryTree, options: WalkOptions): Generator<Found> {
  const root = Buffer.alloc(0);
  yield { path: root, stats: lstatSync(tree.at(root), { bigint: true }) };
  // Folders may lie in one another deeper than functions may call themselves.
  const open = [pathsIn(tree, root, options).values()];
  for (let innermost = open.at(-1); innermost !== undefined; innermost = open.at(-1)) {
    const { value: path, done } = innermost.next();
    if (done === true) {
      open.pop();
      continue;
    }
    const stats = lstatSync(tree.at(path), { bigint: true, throwIfNoEntry: false });
    if (!isArchived(path, stats, options)) continue;
    yield { path, stats };
    if (stats.isDirectory()) open.push(pathsIn(tree, path, options).values());
  }
}

function isArchived(path: Buffer, stats: BigIntStats | undefined, { onWarning }: WalkOptions): stats is BigIntStats {
  if (stats === undefined) {
    onWarning(`${printable(path)} went away and is left out`);
    return false;
  }
  const isDevice = stats.isCharacterDevice() || stats.isBlockDevice();
  if (isDevice) onWarning(`${printable(path)} is a device and is left out`);
  return !isDevice && !stats.isSocket();
}

function pathsIn(tree: DirectoryTree, directory: Buffer, options: WalkOptions): readonly Buffer[] {
  const isTop = directory.length === 0;
  return namesIn(tree, directory, options)
    .filter((name) => !isTop || !RESERVED.has(name.toString('latin1')))
    .map((name) => ({ name, path: isTop ? name : Buffer.concat([directory, Buffer.from('/'), name]) }))
    .filter(({ name, path }) => !isExcluded(path, name, options.exclude))
    .map(({ path }) => path);
}

function namesIn(tree: DirectoryTree, directory: Buffer, { onWarning }: WalkOptions): readonly Buffer[] {
  try {
    return readdirSync(tree.at(directory), { encoding: 'buffer' }).toSorted((a, b) => Buffer.compare(a, b));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (directory.length === 0 || (code !== 'ENOENT' && code !== 'ENOTDIR')) throw error;
    onWarning(`${printable(directory)} went away while it was read`);
    return [];
  }
}

function isExcluded(path: Buffer, name: Buffer, globs: readonly string[]): boolean {
  return globs.some((glob) => {
    const pattern = glob.replace(/^\.?\/+/, '').replace(/\/+$/, '');
    return matchesGlob((glob.includes('/') ? path : name).toString('utf8'), pattern);
  });
}
