import type { BACKUP_EXIT_CODES } from '@eeveebot/contract';
import { StoreError } from '@eeveebot/object-store';

/** Why a command of the tool failed, as its exit code tells it. */
export type FailureKind = Exclude<keyof typeof BACKUP_EXIT_CODES, 'done'>;

/**
 * A command cannot go on. The message is for a person: it names what is wrong and, where there is one, the mend.
 *
 * @example
 * throw new BackupError('integrity', 'the archive ends in the middle of "./seen.db"', { cause });
 */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly kind: FailureKind;
  /** Id of the backup that the error is about, where a result names it. */
  readonly backupId: string | undefined;

  constructor(kind: FailureKind, message: string, { backupId, ...options }: { cause?: unknown; backupId?: string } = {}) {
    super(message, options);
    this.kind = kind;
    this.backupId = backupId;
  }
}

/** Errors of the file system that say the disk, not the tool or the archive, is at fault. */
const DISK_ERRORS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'ENODEV', 'ENXIO', 'EFBIG']);

const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * The kind of failure that an error means: its own, or that of the first error in the chain of causes that has one,
 * `io` for what the file system says of the disk, else `failed`.
 */
export function failureKind(error: unknown): FailureKind {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof BackupError) return at.kind;
    if (at instanceof StoreError) return at.exit;
    if (DISK_ERRORS.has(errorCode(at) ?? '')) return 'io';
  }
  return 'failed';
}
