import { lstatSync, readdirSync, unlinkSync, type Stats } from 'node:fs';
import { DirectoryTree } from '../archive/directory-tree.ts';
import { LOST_AND_FOUND, STAGING_NAME } from '../archive/entry.ts';
import { lstatWithin } from './lstat-within.ts';
import { removeTree } from './remove-tree.ts';

/** What a restore replaces. */
export interface Replaced {
  /** Whether it is everything. */
  readonly clean: boolean;
  /** Of what the archive holds, folders left out. */
  readonly paths: readonly Buffer[];
}

/**
 * Removes the old data that a restore replaces, before the new data is there: for volumes without room for both, after
 * the whole archive has been checked.
 */
export function makeRoom(volume: string, { clean, paths }: Replaced): void {
  using tree = new DirectoryTree(volume);
  if (clean) {
    for (const name of oldNames(tree)) removeTree(tree.at(name));
    return;
  }
  for (const path of paths) {
    if (oldFile(tree, path) !== undefined) unlinkSync(tree.at(path));
  }
}

/** Bytes that {@link makeRoom} will free. */
export function replacedBytes(volume: string, { clean, paths }: Replaced): number {
  using tree = new DirectoryTree(volume);
  if (!clean) return paths.reduce((sum, path) => sum + diskBytes(oldFile(tree, path)), 0);
  return oldNames(tree).reduce((sum, name) => sum + bytesBelow(tree, name), 0);
}

function bytesBelow(tree: DirectoryTree, path: Buffer): number {
  const stats = lstatSync(tree.at(path), { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) return diskBytes(stats);
  let bytes = stats.blocks * 512;
  for (const name of readdirSync(tree.at(path), { encoding: 'buffer' }))
    bytes += bytesBelow(tree, Buffer.concat([path, Buffer.from('/'), name]));
  return bytes;
}

/** Of a file with several names, each gives its part. */
const diskBytes = (stats: Stats | undefined): number => (stats === undefined ? 0 : (stats.blocks * 512) / stats.nlink);

const RESERVED: ReadonlySet<string> = new Set([LOST_AND_FOUND, STAGING_NAME]);

const oldNames = (tree: DirectoryTree): readonly Buffer[] =>
  readdirSync(tree.at(Buffer.alloc(0)), { encoding: 'buffer' }).filter((name) => !RESERVED.has(name.toString('latin1')));

function oldFile(tree: DirectoryTree, path: Buffer): Stats | undefined {
  const stats = lstatWithin(tree, path);
  return stats?.isFile() === true ? stats : undefined;
}
