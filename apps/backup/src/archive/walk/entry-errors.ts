/** Errors that say something about this process or this machine, not about the file at hand. */
const PROCESS_ERRORS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EBADF', 'EFAULT', 'EINTR']);

/** Whether opening or reading a path failed because the file is gone or has another type now. */
const GONE_ERRORS: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']);

/** What reading a symlink reports when the path is none any more. */
const isNoLink = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'readlink' && codeOf(error) === 'EINVAL';

const ESTALE = -116;

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Whether a file that was found has been removed, or replaced by something else, in the meantime. */
export const isGone = (error: unknown): boolean => GONE_ERRORS.has(codeOf(error) ?? '') || isNoLink(error);

/**
 * Whether an error of the file system concerns one entry, such as EACCES, EIO and ESTALE: others may still be readable.
 * Node has no names for some of these errors, so that they are recognized by their having been returned by a system call.
 */
export const isUnreadable = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && 'syscall' in error && !PROCESS_ERRORS.has(codeOf(error) ?? '');

/** Name of an error of the file system, such as `EACCES`. */
export function errorName(error: unknown): string {
  if (error instanceof Error && 'errno' in error && error.errno === ESTALE) return 'ESTALE';
  return codeOf(error) ?? (error instanceof Error ? error.message : String(error));
}
