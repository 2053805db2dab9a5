import { chmodSync, lstatSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { errorCode, isErrno } from '@eeveebot/contract';
import { DirectoryTree } from './directory-tree.ts';
import { walkTree } from './walk-tree.ts';

/** Errors after which the slow path may succeed: directories without write permission, trees too deep for open files or paths. */
const SURMOUNTABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EMFILE', 'ENAMETOOLONG', 'ELOOP']);

/**
 * Removes a directory and its contents, including contents of directories that their owner may not write to. Also removes a single file or
 * symlink; symlinks are not followed.
 *
 * @throws Error of the file system when permissions of another user prevent it, or an entry is in use.
 */
export function removeTree(path: string | Buffer): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!SURMOUNTABLE.has(errorCode(error) ?? '') || lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    removeStepByStep(path);
  }
}

function removeStepByStep(directory: string | Buffer): void {
  using tree = new DirectoryTree(directory);
  const open = (path: Buffer): boolean => {
    try {
      chmodSync(tree.at(path), 0o700);
    } catch (error) {
      // Owned by another user: removing its contents reports the error.
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

/** Whether the file system denied permission. */
const isRefusal = (error: unknown): boolean => isErrno(error, 'EACCES', 'EPERM');
