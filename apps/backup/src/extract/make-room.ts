import { lstatSync, readdirSync, unlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { DirectoryTree } from '../archive/directory-tree.ts';
import { LOST_AND_FOUND, STAGING_NAME } from '../archive/entry.ts';
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
  if (clean) {
    for (const name of oldNames(volume)) removeTree(join(volume, name));
    return;
  }
  using tree = new DirectoryTree(volume);
  for (const path of paths) {
    if (oldFile(tree, path) !== undefined) unlinkSync(tree.at(path));
  }
}

/** Bytes that {@link makeRoom} will free. */
export function replacedBytes(volume: string, { clean, paths }: Replaced): number {
  using tree = new DirectoryTree(volume);
  const pathsOfFiles = clean ? oldNames(volume).flatMap((name) => [...filesBelow(tree, Buffer.from(name))]) : paths;
  return pathsOfFiles.reduce((sum, path) => {
    const stats = oldFile(tree, path);
    // Of a file with several names, each gives its part.
    return stats === undefined ? sum : sum + (stats.blocks * 512) / stats.nlink;
  }, 0);
}

const oldNames = (volume: string): readonly string[] =>
  readdirSync(volume).filter((name) => name !== LOST_AND_FOUND && name !== STAGING_NAME);

function* filesBelow(tree: DirectoryTree, path: Buffer): Generator<Buffer> {
  if (!lstatSync(tree.at(path)).isDirectory()) return yield path;
  for (const name of readdirSync(tree.at(path), { encoding: 'buffer' }))
    yield* filesBelow(tree, Buffer.concat([path, Buffer.from('/'), name]));
}

function oldFile(tree: DirectoryTree, path: Buffer): Stats | undefined {
  try {
    const stats = lstatSync(tree.at(path));
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ELOOP'))
      return undefined;
    throw error;
  }
}
