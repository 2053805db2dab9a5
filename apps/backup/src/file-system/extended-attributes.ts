/** Extended attributes of files, by Linux' system calls: Node has no functions for them. */
import { dlopen } from 'node:ffi';
import { lastError, systemError, cString } from './linux.ts';

const { functions: libc } = dlopen(null, {
  llistxattr: { return: 'int64', arguments: ['buffer', 'buffer', 'uint64'] },
  flistxattr: { return: 'int64', arguments: ['int32', 'buffer', 'uint64'] },
  lgetxattr: { return: 'int64', arguments: ['buffer', 'buffer', 'buffer', 'uint64'] },
  fgetxattr: { return: 'int64', arguments: ['int32', 'buffer', 'buffer', 'uint64'] },
  lsetxattr: { return: 'int32', arguments: ['buffer', 'buffer', 'buffer', 'uint64', 'int32'] },
  lremovexattr: { return: 'int32', arguments: ['buffer', 'buffer'] },
});

/** Maximum size of a list of names and of a value on Linux. */
const LARGEST_BYTES = 64 * 1024;

const list = Buffer.allocUnsafeSlow(LARGEST_BYTES);
const value = Buffer.allocUnsafeSlow(LARGEST_BYTES);

/** Values by name. Names are latin1 strings of raw bytes, because Linux does not require UTF-8. */
export type ExtendedAttributes = ReadonlyMap<string, Buffer>;

/** An open file or a path; symlinks are not followed. */
type Target = number | Buffer;

/**
 * Names of the extended attributes of a file.
 *
 * @throws Error with the `code` of the system call: ENOTSUP when the file system does not support attributes.
 * @see https://man7.org/linux/man-pages/man7/xattr.7.html
 */
export function attributeNames(target: Target): readonly string[] {
  const size = BigInt(list.length);
  const bytes = Number(typeof target === 'number' ? libc.flistxattr(target, list, size) : libc.llistxattr(cString(target), list, size));
  if (bytes < 0) throw systemError('listxattr', pathOf(target));
  return bytes === 0 ? [] : list.toString('latin1', 0, bytes - 1).split('\0');
}

/**
 * Value of an extended attribute; undefined when the file does not have it.
 *
 * @throws Error with the `code` of the system call.
 */
export function attribute(target: Target, name: string): Buffer | undefined {
  const [key, size] = [cString(Buffer.from(name, 'latin1')), BigInt(value.length)];
  const bytes = Number(
    typeof target === 'number' ? libc.fgetxattr(target, key, value, size) : libc.lgetxattr(cString(target), key, value, size),
  );
  if (bytes >= 0) return Buffer.from(value.subarray(0, bytes));
  if (lastError() === 'ENODATA') return undefined;
  throw systemError('getxattr', pathOf(target));
}

/**
 * Sets an extended attribute.
 *
 * @throws Error with the `code` of the system call.
 */
export function setAttribute(path: Buffer, name: string, content: Buffer): void {
  // An empty buffer has no address.
  const bytes = content.length === 0 ? Buffer.alloc(1) : content;
  if (libc.lsetxattr(cString(path), cString(Buffer.from(name, 'latin1')), bytes, BigInt(content.length), 0) !== 0) {
    throw systemError('setxattr', path);
  }
}

/** Removes an extended attribute. @returns whether the file had it. */
export function removeAttribute(path: Buffer, name: string): boolean {
  return libc.lremovexattr(cString(path), cString(Buffer.from(name, 'latin1'))) === 0;
}

const pathOf = (target: Target): Buffer => (typeof target === 'number' ? Buffer.from(`/proc/self/fd/${target}`) : target);
