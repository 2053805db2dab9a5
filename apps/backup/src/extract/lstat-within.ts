import { lstatSync, type Stats } from 'node:fs';
import type { DirectoryTree } from '../archive/directory-tree.ts';

const SLASH = 0x2f;

/**
 * What lies at a path of a tree, or undefined: also when a symlink or a file stands in the place of a folder above it, so
 * that what is outside the tree is never found.
 */
export function lstatWithin(tree: DirectoryTree, path: Buffer): Stats | undefined {
  for (let slash = path.indexOf(SLASH); slash !== -1; slash = path.indexOf(SLASH, slash + 1)) {
    const parent = lstatSync(tree.at(path.subarray(0, slash)), { throwIfNoEntry: false });
    if (parent?.isDirectory() !== true) return undefined;
  }
  return lstatSync(tree.at(path), { throwIfNoEntry: false });
}
