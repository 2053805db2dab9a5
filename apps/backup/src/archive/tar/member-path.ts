import { BackupError } from '../../errors.ts';
import { printable } from './entry.ts';

const SLASH = 0x2f;
const DOT = 0x2e;

/** Longest name that file systems take. */
export const LONGEST_NAME_BYTES = 255;

/** Far beyond any path in use; a bound, because every directory of a path costs memory. */
const LONGEST_PATH_BYTES = 64 * 1024;

/** Most characters that the name of an entry has besides its path: `./` and a slash. */
const AROUND_PATH_BYTES = 3;

/**
 * Why no restore would unpack an entry with this path, which is in the form of {@link memberPath}; undefined when one would. Some
 * file systems take longer names than others, and directories can be nested without end.
 */
export function pathProblem(path: Buffer): string | undefined {
  if (path.length + AROUND_PATH_BYTES > LONGEST_PATH_BYTES) return `its path has ${path.length} bytes, more than an archive can hold`;
  const nameBytes = path.length - path.lastIndexOf(SLASH) - 1;
  return nameBytes > LONGEST_NAME_BYTES ? `its name has ${nameBytes} bytes, more than ${LONGEST_NAME_BYTES}` : undefined;
}

/** An entry that no restore unpacks, with the reason. */
export const refusedEntry = (path: Buffer, reason: string): BackupError =>
  new BackupError('integrity', `the archive holds ${JSON.stringify(printable(path.subarray(0, 1024)))}, ${reason}: it is not restored`);

/**
 * A path of an archive in the only form that the rest of the program handles: the names joined with single slashes, without
 * empty names and `.`. Two spellings of one path become the same bytes, so that whatever is known about a path is found by it.
 *
 * @example
 * memberPath(Buffer.from('./a//b/./c/')); // a/b/c
 * @returns the empty path for the root itself.
 * @throws BackupError `integrity` for paths that lead out of the directory they are unpacked into, or that no file system takes.
 */
export function memberPath(raw: Buffer): Buffer {
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

/** Whether this part of a path names something: not the directory that has been reached already. */
function isName(path: Buffer, from: number, to: number): boolean {
  const length = to - from;
  if (length > LONGEST_NAME_BYTES) throw refusedEntry(path, `a name of more than ${LONGEST_NAME_BYTES} bytes`);
  if (length === 2 && path[from] === DOT && path[from + 1] === DOT) throw refusedEntry(path, 'which leads upwards');
  return length > 0 && !(length === 1 && path[from] === DOT);
}

/** The directories above a path, the topmost first. */
export function* parentsOf(path: Buffer): Generator<Buffer> {
  for (let slash = path.indexOf(SLASH); slash !== -1; slash = path.indexOf(SLASH, slash + 1)) yield path.subarray(0, slash);
}

/** The path of something in a directory; the empty path is the root. */
export const pathIn = (directory: Buffer, name: Buffer): Buffer =>
  directory.length === 0 ? name : Buffer.concat([directory, Buffer.from('/'), name]);

/** The first name of a path, as latin1: what is at the top of a volume has a meaning of its own. */
export function topName(path: Buffer): string {
  const slash = path.indexOf(SLASH);
  return path.toString('latin1', 0, slash === -1 ? path.length : slash);
}
