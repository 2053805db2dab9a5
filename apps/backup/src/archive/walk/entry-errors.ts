import { errorCode, messageOf } from '@eeveebot/contract';
/** Errors that concern the process or the machine rather than a single file. */
const PROCESS_ERRORS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EBADF', 'EFAULT', 'EINTR']);

/** Errors for a file that was removed or changed its type. */
const GONE_ERRORS: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']);

/** Error of readlink when the path is no longer a symlink. */
const isNoLink = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'readlink' && errorCode(error) === 'EINVAL';

/** Whether a listed file has since been removed or replaced by another type. */
export const isGone = (error: unknown): boolean => GONE_ERRORS.has(errorCode(error) ?? '') || isNoLink(error);

/**
 * Whether an error of the file system, such as EACCES, EIO or ESTALE, concerns a single entry, so that others may still be readable. There
 * are many of these, so any other error of a system call counts.
 */
export const isUnreadable = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && 'syscall' in error && !PROCESS_ERRORS.has(errorCode(error) ?? '');

/** Name of a file system error, such as `EACCES`. */
export const errorName = (error: unknown): string => errorCode(error) ?? messageOf(error);
