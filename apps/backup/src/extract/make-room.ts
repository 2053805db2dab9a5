import { lstatSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DirectoryTree } from '../archive/directory-tree.ts';
import { LOST_AND_FOUND, STAGING_NAME } from '../archive/entry.ts';

/**
 * Removes the old data that a restore replaces, before the new data is there: for volumes without room for both, after
 * the whole archive has been checked.
 *
 * @param paths of what the archive holds, folders left out.
 */
export function makeRoom(volume: string, { clean, paths }: { readonly clean: boolean; readonly paths: readonly Buffer[] }): void {
  if (clean) {
    for (const name of readdirSync(volume)) {
      if (name !== LOST_AND_FOUND && name !== STAGING_NAME) rmSync(join(volume, name), { recursive: true, force: true });
    }
    return;
  }
  using tree = new DirectoryTree(volume);
  for (const path of paths) {
    if (isFile(tree, path)) unlinkSync(tree.at(path));
  }
}

function isFile(tree: DirectoryTree, path: Buffer): boolean {
  try {
    return lstatSync(tree.at(path)).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ELOOP'))
      return false;
    throw error;
  }
}
