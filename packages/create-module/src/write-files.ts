import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder contains other files already. */
export class FolderNotEmptyError extends Error {
  override readonly name = 'FolderNotEmptyError';
}

/** The folder cannot be created or written to. */
export class FolderUnusableError extends Error {
  override readonly name = 'FolderUnusableError';
}

/** Problems of folders by the code of the system's error. */
const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there: choose another folder, or change its permissions',
  EEXIST: 'there is a file of that name: choose another name, or remove it',
  ENOENT: 'a link in the path leads nowhere: choose another folder',
  EDQUOT: 'the disk quota of this user is used up',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file: choose another folder',
  EPERM: 'this user may not write there: choose another folder, or change its permissions',
  EROFS: 'the file system is read-only: choose another folder',
};

/** Entries that a new folder may contain: `git init` and the clone of an empty repository leave one. */
const ALLOWED: ReadonlySet<string> = new Set(['.git']);

/**
 * Writes files into a folder that is empty or does not exist yet; keeps a `.git` in it.
 *
 * @throws FolderNotEmptyError before anything is written; FolderUnusableError with the fix.
 */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    writeInto(folder, files);
  } catch (error) {
    const problem = error instanceof Error ? PROBLEMS[codeOf(error)] : undefined;
    throw problem === undefined ? error : new FolderUnusableError(`${folder} cannot be created: ${problem}`, { cause: error });
  }
}

/** Code of a system's error; Node.js has none for a quota that is used up. */
const codeOf = ({ code, errno }: NodeJS.ErrnoException): string => (errno === -constants.errno.EDQUOT ? 'EDQUOT' : (code ?? ''));

function writeInto(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).some((name) => !ALLOWED.has(name)))
    throw new FolderNotEmptyError(`${folder} already exists and is not empty: choose another name, or remove it`);
  const made: string[] = [];
  try {
    for (const [path, content] of Object.entries(files)) {
      const firstFolder = mkdirSync(dirname(join(folder, path)), { recursive: true });
      if (firstFolder !== undefined) made.push(firstFolder);
      closeSync(openSync(join(folder, path), 'wx'));
      made.push(join(folder, path));
      writeFileSync(join(folder, path), content);
    }
  } catch (error) {
    // Otherwise the folder would not be empty at the next attempt.
    for (const path of made) rmSync(path, { recursive: true, force: true });
    throw error;
  }
}
