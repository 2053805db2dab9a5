import { chmodSync, lstatSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { DirectoryTree } from './directory-tree.ts';
import { walkTree } from './walk-tree.ts';

/** Errors after which a slower way may still get there: closed directories, trees too deep for open files or for paths. */
const SURMOUNTABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EMFILE', 'ENAMETOOLONG', 'ELOOP']);

/**
 * Removes a directory with all that is in it, also what is in directories that their owner, who is not root, may not write into.
 * Anything else is removed itself; symlinks are not followed.
 *
 * @throws Error of the file system when another user's right is in the way, or something is in use.
 */
export function removeTree(path: string | Buffer): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!SURMOUNTABLE.has(code) || lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    removeStepByStep(path);
  }
}

function removeStepByStep(directory: string | Buffer): void {
  using tree = new DirectoryTree(directory);
  const open = (path: Buffer): boolean => {
    try {
      chmodSync(tree.at(path), 0o700);
    } catch (error) {
      // Another user's: removing what is in it shows what is wrong.
      if (!isRefusal(error)) throw error;
    }
    return true;
  };
  const top = Buffer.alloc(0);
  open(top);
  for (const { stage, path } of walkTree(tree, top, open)) {
    if (stage === 'pass') unlinkSync(tree.at(path));
    else if (stage === 'leave') rmdirSync(tree.at(path));
  }
}

/** Whether the file system denies a right. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
