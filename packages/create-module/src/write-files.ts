import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder contains other files already. */
export class FolderNotEmptyError extends Error {
  override readonly name = 'FolderNotEmptyError';
}

/** Entries that a new folder may contain: `git init` and the clone of an empty repository leave one. */
const ALLOWED: ReadonlySet<string> = new Set(['.git']);

/**
 * Writes files into a folder that is empty or does not exist yet; keeps a `.git` in it.
 *
 * @throws FolderNotEmptyError before anything is written.
 */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).some((name) => !ALLOWED.has(name)))
    throw new FolderNotEmptyError(`${folder} already exists and is not empty: choose another name, or remove it`);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { flag: 'wx' });
  }
}
