import { readFileSync } from 'node:fs';

const SLASH = 0x2f;

/** Number of the field with the mount point. */
const MOUNT_POINT_FIELD = 4;

/**
 * Paths of the mount points below a directory, relative to it. Includes bind mounts of the same file system, which device numbers do not
 * reveal.
 *
 * @param directory without symlinks.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export const mountsBelow = (directory: string): readonly Buffer[] =>
  mountPoints(readFileSync('/proc/self/mountinfo'), Buffer.from(directory));

/** The mount points of a mountinfo below a directory. */
export function mountPoints(mountinfo: Buffer, directory: Buffer): readonly Buffer[] {
  const beginning = directory.at(-1) === SLASH ? directory : Buffer.concat([directory, Buffer.from([SLASH])]);
  return mountinfo
    .toString('latin1')
    .split('\n')
    .map((line) => unescaped(line.split(' ')[MOUNT_POINT_FIELD] ?? ''))
    .filter((path) => path.length > beginning.length && path.subarray(0, beginning.length).equals(beginning))
    .map((path) => path.subarray(beginning.length));
}

/** Spaces, tabs, line feeds and backslashes are octal. */
const unescaped = (path: string): Buffer =>
  Buffer.from(
    path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  );
