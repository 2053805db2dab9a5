import { BackupError } from '../../errors.ts';
import { printable } from './entry.ts';

const SLASH = 0x2f;
const DOT = 0x2e;

/** Longest name that file systems accept. */
export const LONGEST_NAME_BYTES = 255;

/** Longest accepted path, far longer than any real one. A limit is needed because every directory of a path takes memory. */
const LONGEST_PATH_BYTES = 64 * 1024;

/** Additional characters in the name of an entry: `./` and a trailing slash. */
const AROUND_PATH_BYTES = 3;

/**
 * Why an entry with this normalized path (see {@link entryPath}) could not be restored; undefined when it could. Some file systems accept
 * longer names than others, and directories can be nested without limit.
 */
export function pathProblem(path: Buffer): string | undefined {
  if (path.length + AROUND_PATH_BYTES > LONGEST_PATH_BYTES) return `its path has ${path.length} bytes, more than an archive can store`;
  const nameBytes = path.length - path.lastIndexOf(SLASH) - 1;
  return nameBytes > LONGEST_NAME_BYTES ? `its name has ${nameBytes} bytes, more than ${LONGEST_NAME_BYTES}` : undefined;
}

/** Error for an entry that must not be restored. */
export const refusedEntry = (path: Buffer, reason: string): BackupError =>
  new BackupError('integrity', `the archive contains ${JSON.stringify(printable(path.subarray(0, 1024)))}, ${reason}: it is not restored`);

/**
 * Normalizes a path from an archive: names joined with single slashes, without empty names and `.`. Different spellings of a path become
 * the same bytes, so that lookups by path find it. The rest of the program handles only normalized paths.
 *
 * @example
 * entryPath(Buffer.from('./a//b/./c/')); // a/b/c
 * @returns the empty path for the root.
 * @throws BackupError `integrity` for paths that lead out of the target directory or that no file system accepts.
 */
export function entryPath(raw: Buffer): Buffer {
  if (raw[0] === SLASH) throw refusedEntry(raw, 'an absolute path');
  if (raw.length > LONGEST_PATH_BYTES) throw refusedEntry(raw, `the beginning of a path of more than ${LONGEST_PATH_BYTES} bytes`);
  if (raw.includes(0)) throw refusedEntry(raw, 'a path with a zero byte');
  const path = Buffer.allocUnsafe(raw.length);
  let end = 0;
  for (let from = 0; from < raw.length;) {
    const slash = raw.indexOf(SLASH, from);
    const to = slash === -1 ? raw.length : slash;
    if (isName(raw, from, to)) {
      if (end > 0) path[end++] = SLASH;
      end += raw.copy(path, end, from, to);
    }
    from = to + 1;
  }
  return path.subarray(0, end);
}

/** Whether this part of a path is a name, rather than empty or `.`. */
function isName(path: Buffer, from: number, to: number): boolean {
  const length = to - from;
  if (length > LONGEST_NAME_BYTES) throw refusedEntry(path, `a name of more than ${LONGEST_NAME_BYTES} bytes`);
  if (length === 2 && path[from] === DOT && path[from + 1] === DOT) throw refusedEntry(path, 'which leads upwards');
  return length > 0 && !(length === 1 && path[from] === DOT);
}

/** The directories above a path, topmost first. */
export function* parentsOf(path: Buffer): Generator<Buffer> {
  for (let slash = path.indexOf(SLASH); slash !== -1; slash = path.indexOf(SLASH, slash + 1)) yield path.subarray(0, slash);
}

/** The first name of a path, as latin1. Some names at the top of a volume are reserved. */
export function topName(path: Buffer): string {
  const slash = path.indexOf(SLASH);
  return path.toString('latin1', 0, slash === -1 ? path.length : slash);
}
