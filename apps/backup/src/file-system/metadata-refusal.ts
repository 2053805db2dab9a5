/** What system calls report when a file system, or the rights of this process, do not allow a change of metadata. */
const REFUSALS: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  // Owners without a name in a user namespace, modes and lists that cannot be represented.
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  // Owners and times that are too large.
  'EOVERFLOW',
]);

/**
 * Whether an error says that owner, mode, time or attributes of a file cannot be changed: file systems such as SMB, FAT and those
 * of user space have only some of them. The file itself is whole.
 */
export const isMetadataRefusal = (error: unknown): boolean => error instanceof Error && 'code' in error && REFUSALS.has(String(error.code));
