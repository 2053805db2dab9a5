import { errorCode } from '@eeveebot/contract';
/** Errors of system calls when the file system or the permissions of this process do not allow a change of metadata. */
const REFUSALS: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  // Owners that are not mapped in a user namespace; unsupported modes and lists.
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  // Owners and times out of range.
  'EOVERFLOW',
]);

/**
 * Whether an error means that owner, mode, time or attributes of a file cannot be set: file systems such as SMB, FAT and FUSE support only
 * some of them. The file's content is not affected.
 */
export const isMetadataRefusal = (error: unknown): boolean => REFUSALS.has(errorCode(error) ?? '');
