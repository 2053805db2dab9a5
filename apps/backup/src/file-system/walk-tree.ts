import { opendirSync, readdirSync, type Dir, type Dirent, type OpenDirOptions } from 'node:fs';
import type { DirectoryTree } from './directory-tree.ts';
import { pathIn } from '../archive/tar/member-path.ts';

/** Directories that are held open at once; those below are read whole. */
const OPEN_DIRECTORIES = 64;

/** Names that are read at once, as bytes: that encoding is missing in Node's types of this function only. */
const NAMES_OF_BYTES: OpenDirOptions = { encoding: 'buffer' as BufferEncoding, bufferSize: 512 };

/** A moment of a walk. */
export interface Visit {
  /** `enter` and `leave` a directory whose content is visited between the two, or `pass` anything else. */
  readonly stage: 'enter' | 'pass' | 'leave';
  readonly path: Buffer;
  readonly isDirectory: boolean;
}

/** What is in a directory, one after the other. */
interface Names extends Disposable {
  next(): Dirent<Buffer> | undefined;
}

/**
 * Visits what is below a directory of a tree, in the order of the file system, in memory that depends neither on the number of
 * entries of a directory nor, as for the stack, on the depth. What is visited may be removed meanwhile. Symlinks are not followed.
 *
 * @param isEntered whether the content of a directory is visited; it is not asked for the top.
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

/** The paths directly in a directory of a tree, as they come. */
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
