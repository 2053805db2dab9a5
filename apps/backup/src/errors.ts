import { errorCode } from '@eeveebot/contract';
import type { BACKUP_EXIT_CODES } from '@eeveebot/contract';
import { StoreError } from '@eeveebot/object-store';

/** Why a command failed: the name of its exit code. */
export type FailureKind = Exclude<keyof typeof BACKUP_EXIT_CODES, 'done'>;

/**
 * A command failed. The message is for users: it states the problem and, if possible, how to fix it.
 *
 * @example
 * throw new BackupError('integrity', 'the archive is truncated: it ends within seen.db', { cause });
 */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly kind: FailureKind;
  /** Id of the affected backup, if the result should contain it. */
  readonly backupId: string | undefined;

  constructor(kind: FailureKind, message: string, { backupId, ...options }: { cause?: unknown; backupId?: string } = {}) {
    super(message, options);
    this.kind = kind;
    this.backupId = backupId;
  }
}

/** File system errors that are caused by the disk rather than by the tool or the archive. */
const DISK_ERRORS: ReadonlySet<string> = new Set([
  ...['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'ENODEV', 'ENXIO', 'EFBIG', 'ESTALE', 'EBADMSG', 'EUCLEAN'],
]);

/**
 * Whether nothing that a user can change explains an error: neither the tool, nor a store, nor the operating system reported it.
 *
 * @example
 * isBug(new TypeError('entry is undefined')); // true
 * isBug(new BackupError('io', 'cannot read seen.db', { cause: new TypeError() })); // false
 */
export function isBug(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof BackupError || at instanceof StoreError) return false;
    // Codes of Node for wrong arguments begin with ERR_, those of the operating system do not.
    if (errorCode(at)?.startsWith('ERR_') === false) return false;
  }
  return true;
}

/**
 * The kind of failure of an error: the kind of the first error in its chain of causes that has one, `io` for disk errors, otherwise `failed`.
 */
export function failureKind(error: unknown): FailureKind {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof BackupError) return at.kind;
    if (at instanceof StoreError) return at.exit;
    if (DISK_ERRORS.has(errorCode(at) ?? '')) return 'io';
  }
  return 'failed';
}
