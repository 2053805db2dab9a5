import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { DirectoryTree } from '../archive/directory-tree.ts';

/**
 * Removes a folder with all that is in it, also what is in folders that their owner, who is not root, may not write into.
 *
 * @throws Error of the file system when somebody else's right is in the way.
 */
export function removeTree(folder: string | Buffer): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    using tree = new DirectoryTree(folder);
    open(tree, Buffer.alloc(0));
    rmSync(folder, { recursive: true, force: true });
  }
}

function open(tree: DirectoryTree, directory: Buffer): void {
  try {
    chmodSync(tree.at(directory), 0o700);
  } catch (error) {
    // Somebody else's: removing what is in it tells what is wrong.
    if (!isRefusal(error)) throw error;
  }
  for (const entry of readdirSync(tree.at(directory), { encoding: 'buffer', withFileTypes: true })) {
    if (entry.isDirectory()) open(tree, directory.length === 0 ? entry.name : Buffer.concat([directory, Buffer.from('/'), entry.name]));
  }
}

/** Whether the file system denies a right. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
