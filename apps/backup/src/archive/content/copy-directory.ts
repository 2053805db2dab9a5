import { randomUUID } from 'node:crypto';
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errorCode } from '@eeveebot/contract';
import { lockFile } from '../../file-system/linux.ts';
import { removeTree } from '../../file-system/remove-tree.ts';

const PREFIX = 'eevee-sqlite-';

/** Attempts to create a directory: another process may remove it before it is locked. */
const ATTEMPTS = 3;

/**
 * A directory for copies of databases, locked until it is disposed of or the process ends. Creating one removes those of killed processes,
 * which would fill the disk.
 */
export class CopyDirectory implements Disposable {
  /** Where to make copies: the parent if no directory can be created in it, so that making a copy reports the reason. */
  readonly path: string;
  /** Its name, which a backup of the parent must exclude; none if `path` is the parent. */
  readonly names: readonly string[];
  readonly #fd: number | undefined;

  /** @param parent directory for temporary files. */
  constructor(parent: string) {
    removeAbandoned(parent);
    const created = createLocked(parent);
    this.path = created?.path ?? parent;
    this.names = created === undefined ? [] : [basename(created.path)];
    this.#fd = created?.fd;
  }

  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    orUndefined(() => removeTree(this.path));
    closeSync(this.#fd);
  }
}

function createLocked(parent: string): { readonly path: string; readonly fd: number } | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const path = join(parent, `${PREFIX}${randomUUID()}`);
    const fd = orUndefined(() => {
      mkdirSync(path, { mode: 0o700 });
      return openDirectory(path);
    });
    if (fd === undefined) continue;
    // Without support for locks, no other process can lock it either, so none removes it.
    const isLocked = orUndefined(() => lockFile(fd, 'exclusive')) ?? true;
    if (isLocked && existsSync(path)) return { path, fd };
    closeSync(fd);
  }
  return undefined;
}

function removeAbandoned(parent: string): void {
  for (const name of orUndefined(() => readdirSync(parent)) ?? []) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(parent, name);
    const fd = orUndefined(() => openDirectory(path));
    if (fd === undefined) continue;
    if (orUndefined(() => lockFile(fd, 'exclusive')) === true) orUndefined(() => removeTree(path));
    closeSync(fd);
  }
}

const openDirectory = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);

/** The result of a call; undefined after an error of the file system, since a backup must not fail for temporary files of another one. */
function orUndefined<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
