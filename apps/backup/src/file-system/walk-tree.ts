import { opendirSync, readdirSync, type Dir, type Dirent, type OpenDirOptions } from 'node:fs';
import type { DirectoryTree } from './directory-tree.ts';
import { pathIn } from './path-in.ts';

/** Maximum number of open directories; deeper ones are read completely at once. */
const OPEN_DIRECTORIES = 64;

/** Reads names as bytes; Node's types of this function lack that encoding. */
const NAMES_OF_BYTES: OpenDirOptions = { encoding: 'buffer' as BufferEncoding, bufferSize: 512 };

/** An event of a walk. */
export interface Visit {
  /** `enter` before and `leave` after the contents of a directory; `pass` for any other entry. */
  readonly stage: 'enter' | 'pass' | 'leave';
  readonly path: Buffer;
  readonly isDirectory: boolean;
}

/** An iterator over the entries of a directory. */
interface Names extends Disposable {
  next(): Dirent<Buffer> | undefined;
}

/**
 * Walks a directory in the order of the file system. Memory does not depend on the number of entries in a directory, nor stack usage on the
 * depth. Entries may be removed while they are visited. Symlinks are not followed.
 *
 * @param isEntered whether the contents of a directory are visited; not called for `top`.
 */
export function* walkTree(tree: DirectoryTree, top: Buffer, isEntered: (directory: Buffer) => boolean = () => true): Generator<Visit> {
  using open = new DisposableStack();
  const levels: { readonly path: Buffer; readonly names: Names }[] = [];
  open.defer(() => {
    for (const { names } of levels) names[Symbol.dispose]();
  });
  const enter = (path: Buffer): Visit => {
    levels.push({ path, names: namesIn(tree.at(path), levels.length < OPEN_DIRECTORIES) });
    return visit('enter', path, true);
  };
  yield enter(top);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const entry = level.names.next();
    if (entry === undefined) {
      levels.pop()?.names[Symbol.dispose]();
      yield visit('leave', level.path, true);
      continue;
    }
    const path = pathIn(level.path, entry.name);
    const isDirectory = entry.isDirectory();
    yield isDirectory && isEntered(path) ? enter(path) : visit('pass', path, isDirectory);
  }
}

/** The paths of the entries in a directory, in the order of the file system. */
export function* pathsIn(tree: DirectoryTree, directory: Buffer): Generator<Buffer> {
  for (const { stage, path } of walkTree(tree, directory, () => false)) if (stage === 'pass') yield path;
}

const visit = (stage: Visit['stage'], path: Buffer, isDirectory: boolean): Visit => ({ stage, path, isDirectory });

function namesIn(directory: Buffer, mayStayOpen: boolean): Names {
  if (mayStayOpen) return new OpenDirectory(opendirSync(directory, NAMES_OF_BYTES));
  const names = readdirSync(directory, { encoding: 'buffer', withFileTypes: true }).values();
  return { next: () => names.next().value, [Symbol.dispose]: () => undefined };
}

class OpenDirectory implements Names {
  readonly #directory: Dir;

  constructor(directory: Dir) {
    this.#directory = directory;
  }

  next(): Dirent<Buffer> | undefined {
    return (this.#directory.readSync() as unknown as Dirent<Buffer> | null) ?? undefined;
  }

  [Symbol.dispose](): void {
    this.#directory.closeSync();
  }
}
