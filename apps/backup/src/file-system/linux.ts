/**
 * Linux system calls for which Node has no function, through Node's foreign function interface. The interface is experimental: the image
 * pins the release of Node, and a test covers each call.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { dlopen, getInt32 } from 'node:ffi';
import { getSystemErrorName } from 'node:util';
import { systemErrorName } from '@eeveebot/contract';

const { functions: libc } = dlopen(null, {
  utimensat: { return: 'int32', arguments: ['int32', 'buffer', 'buffer', 'int32'] },
  mkfifo: { return: 'int32', arguments: ['buffer', 'uint32'] },
  lseek: { return: 'int64', arguments: ['int32', 'int64', 'int32'] },
  syncfs: { return: 'int32', arguments: ['int32'] },
  getdents64: { return: 'int64', arguments: ['int32', 'buffer', 'uint64'] },
  flock: { return: 'int32', arguments: ['int32', 'int32'] },
  statx: { return: 'int32', arguments: ['int32', 'buffer', 'int32', 'uint32', 'buffer'] },
  __errno_location: { return: 'pointer', arguments: [] },
});

const { __errno_location: errnoLocation } = libc;

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const NS_PER_SECOND = 1_000_000_000n;

/** Two `struct timespec`: last access and last modification. */
const times = new BigInt64Array(4);
const timesBytes = Buffer.from(times.buffer);

/**
 * Sets the modification and access time of a file or symlink with nanosecond precision. Node's own functions take a floating-point number
 * of seconds.
 *
 * @throws Error with the `code` of the system call.
 * @see https://man7.org/linux/man-pages/man2/utimensat.2.html
 */
export function setModificationTime(path: Buffer, mtimeNs: bigint): void {
  const remainder = ((mtimeNs % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = (mtimeNs - remainder) / NS_PER_SECOND;
  times.set([seconds, remainder, seconds, remainder]);
  if (libc.utimensat(AT_FDCWD, cString(path), timesBytes, AT_SYMLINK_NOFOLLOW) !== 0) throw systemError('utimensat', path);
}

/**
 * Creates a FIFO.
 *
 * @throws Error with the `code` of the system call.
 */
export function makeFifo(path: Buffer, mode: number): void {
  if (libc.mkfifo(cString(path), mode) !== 0) throw systemError('mkfifo', path);
}

/**
 * The next data extent of a file at or after `offset`; undefined when only a hole follows. On file systems without holes, it is the rest of
 * the file.
 *
 * @see https://man7.org/linux/man-pages/man2/lseek.2.html SEEK_DATA
 */
export function nextData(fd: number, offset: number): { readonly from: number; readonly to: number } | undefined {
  const from = libc.lseek(fd, BigInt(offset), SEEK_DATA);
  if (from < 0n) {
    if (lastError() !== 'ENXIO') return { from: offset, to: Number.MAX_SAFE_INTEGER };
    return undefined;
  }
  const to = libc.lseek(fd, from, SEEK_HOLE);
  return { from: Number(from), to: to < 0n ? Number.MAX_SAFE_INTEGER : Number(to) };
}

/**
 * Syncs the file system of `folder` to disk, so that data written before survives a power loss.
 *
 * @throws Error with the `code` of the system call, such as EIO.
 */
export function syncFileSystem(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    if (libc.syncfs(fd) !== 0) throw systemError('syncfs', Buffer.from(folder));
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads raw entries of an open directory into `buffer`. Node's own functions create objects for all entries of a directory at once, or
 * query the type of each.
 *
 * @returns the number of bytes; 0 at the end of the directory.
 * @throws Error with the `code` of the system call.
 * @see https://man7.org/linux/man-pages/man2/getdents.2.html
 */
export function readDirectoryEntries(fd: number, buffer: Buffer): number {
  const bytes = Number(libc.getdents64(fd, buffer, BigInt(buffer.length)));
  if (bytes < 0) throw systemError('getdents64', Buffer.from(`/proc/self/fd/${fd}`));
  return bytes;
}

/** Operations of flock(2). */
const LOCK = { shared: 1, exclusive: 2 } as const;
const LOCK_NOW = 4;

/**
 * Locks an open file or directory until it is closed or the process ends.
 *
 * @returns false when another process holds a conflicting lock.
 * @throws Error with the `code` of the system call, such as ENOTSUP when the file system does not support locks.
 * @see https://man7.org/linux/man-pages/man2/flock.2.html
 */
export function lockFile(fd: number, kind: keyof typeof LOCK): boolean {
  if (libc.flock(fd, LOCK[kind] | LOCK_NOW) === 0) return true;
  if (lastError() === 'EAGAIN') return false;
  throw systemError('flock', Buffer.from(`/proc/self/fd/${fd}`));
}

/** Size of `struct statx`, and the offset of its `stx_attributes`. */
const STATX_BYTES = 256;
const STATX_ATTRIBUTES_AT = 8;

/** Attributes of an entry that prevent its removal or that of its contents. */
const STATX_ATTRIBUTES = { immutable: 0x10, 'append-only': 0x20, 'a mount point': 0x2000 } as const;

const statxResult = Buffer.alloc(STATX_BYTES);

/**
 * The attribute that prevents the removal of an entry, even by root; undefined without one, or if the entry cannot be queried.
 *
 * @see https://man7.org/linux/man-pages/man2/statx.2.html
 */
export function fixingAttribute(path: Buffer): keyof typeof STATX_ATTRIBUTES | undefined {
  if (libc.statx(AT_FDCWD, cString(path), AT_SYMLINK_NOFOLLOW, 0, statxResult) !== 0) return undefined;
  const attributes = statxResult.readUInt32LE(STATX_ATTRIBUTES_AT);
  const names = Object.keys(STATX_ATTRIBUTES) as (keyof typeof STATX_ATTRIBUTES)[];
  return names.find((name) => (attributes & STATX_ATTRIBUTES[name]) !== 0);
}

/** Whether the file system supports files of this size. Writes nothing. */
export const mayHaveSize = (fd: number, bytes: number): boolean => libc.lseek(fd, BigInt(bytes), SEEK_SET) >= 0n;

/** A path as a zero-terminated C string. */
export const cString = (path: Buffer): Buffer => Buffer.concat([path, Buffer.from([0])]);

/** The error of the last system call, with the same fields as errors of Node's `fs`. */
export function systemError(call: string, path: Buffer): Error {
  const errno = -getInt32(errnoLocation());
  const code = errorName(errno);
  return Object.assign(new Error(`${code}: ${call} '${path.toString('utf8')}'`), { code, errno, syscall: call });
}

/** Name of the error of the last system call, such as `ENOENT`. */
export const lastError = (): string => errorName(-getInt32(errnoLocation()));

const errorName = (errno: number): string => systemErrorName(getSystemErrorName(errno));
