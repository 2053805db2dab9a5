import type { Logger } from 'pino';
import { isErrno, messageOf } from '@eeveebot/contract';
import type { Store } from '@eeveebot/object-store';
import { assertComplete, readArchive } from '../../backups/checked-archive.ts';
import type { BackupConfig } from '../../settings/config.ts';
import { downloadProgress } from '../../output/download-progress.ts';
import { BackupError, failureKind } from '../../errors.ts';
import { FileSystemTrial } from './file-system-trial.ts';
import { makeRoom, replacedRoom } from './make-room.ts';
import { scanEntries, type Scanned } from '../entries/scan.ts';
import { UnpackError } from '../entries/unpack-error.ts';
import { diskRoom, DiskFullError, missingRoom, withOverhead, type Room } from './disk-room.ts';
import { protectBackup, protectionOf } from '../../backups/restore-protection.ts';
import type { FoundBackup } from '../../backups/find-backup.ts';
import { contentLimits } from '../entries/content-limits.ts';

/** The volume to make room on, and the store with the backup. */
interface RoomContext {
  readonly config: Pick<BackupConfig, 'volume' | 'inPlace' | 'clean' | 'store' | 'owner'>;
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly now: () => Date;
  readonly onWarning: (warning: string) => void;
  /** Whether standard error is a terminal. */
  readonly terminal: boolean;
}

const IN_PLACE_ADVICE = 'set RESTORE_IN_PLACE=true to check the whole archive first and then replace the old data as it is unpacked';

/** Advice by the resource that is missing. */
const ADVICE = {
  bytes: `enlarge the volume, or ${IN_PLACE_ADVICE}`,
  inodes: `there is enough space, but each file needs an inode and the file system has a fixed number of them: use a volume with more inodes (usually a larger one), or ${IN_PLACE_ADVICE}`,
};

/**
 * Ensures that the restored data fits. If old and new data do not fit together and restoring in place is allowed, checks the whole archive
 * and then removes the data that it replaces, which cannot be undone.
 *
 * @returns whether old data was removed.
 * @throws BackupError `io` that states how much is missing, in which case nothing was removed; `integrity`; StoreError.
 */
export async function ensureRoom(backup: FoundBackup, context: RoomContext): Promise<boolean> {
  const { volume, inPlace, clean } = context.config;
  const known = recordedRoom(backup);
  const missing = known === undefined ? undefined : missingRoom(volume, known);
  if (!inPlace) {
    if (missing !== undefined)
      throwMissing(
        missing,
        (amount, kind) => `${volume} does not have enough space for both old and restored data: ${amount}; ${ADVICE[kind]}`,
      );
    return false;
  }
  if (missing !== undefined && isEnough(missing)) return false;
  const scanned = await scan(backup, context);
  const { diskBytes, journalBytes, inodes } = scanned;
  // A clean restore moves whole directories, in a few steps.
  const needed = missingRoom(volume, { bytes: diskBytes + (clean ? 0 : journalBytes), inodes });
  if (isEnough(needed)) return false;
  const replaced = { clean, kindAt: scanned.kindAt };
  const freed = replacedRoom(volume, replaced);
  throwMissing(
    { bytes: needed.bytes - freed.bytes, inodes: needed.inodes - freed.inodes },
    (amount) =>
      `${volume} does not have enough space for the restored data, even without the data that it replaces: ${amount}; nothing was changed`,
  );
  await protectBackup(backup, context);
  context.signal.throwIfAborted();
  context.log.warn({ missing: needed }, 'the archive is intact; removing old data to make room for it');
  try {
    makeRoom(volume, protectionOf(backup, context.config), replaced);
  } catch (error) {
    throw withAdvice(error, { volume, oldIsGone: true });
  }
  return true;
}

const isEnough = ({ bytes, inodes }: Room): boolean => bytes <= 0 && inodes <= 0;

function throwMissing({ bytes, inodes }: Room, message: (amount: string, kind: keyof typeof ADVICE) => string): void {
  if (bytes > 0) throw new BackupError('io', message(`${Math.ceil(bytes)} bytes are missing`, 'bytes'));
  if (inodes > 0) throw new BackupError('io', message(`${Math.ceil(inodes)} inodes are missing`, 'inodes'));
}

/** The space needed for unpacking according to the sidecar; undefined without one. */
function recordedRoom({ sidecar }: FoundBackup): Room | undefined {
  if (sidecar === undefined) return undefined;
  return { bytes: withOverhead(sidecar.allocatedBytes ?? sidecar.uncompressedBytes, sidecar.files), inodes: sidecar.files };
}

async function scan(backup: FoundBackup, context: RoomContext): Promise<Scanned> {
  const { store, signal, log, config } = context;
  log.info('checking the whole archive before changing anything');
  using progress = downloadProgress('check', backup, context);
  using trial = new FileSystemTrial(config.volume);
  const { result } = await readArchive(backup, { store, signal, onProgress: (bytes) => progress.advance(bytes) }, (entries) =>
    scanEntries(entries, {
      limits: contentLimits(backup),
      blockBytes: diskRoom(config.volume).blockBytes,
      onEntry: (entry, admission) => trial.check(entry, admission),
    }),
  );
  assertComplete(backup, result);
  return result;
}

/**
 * Adds advice to an error of unpacking, if the disk was full or the old data was removed. Must be called before the unpacked data is
 * removed, because it measures the free space.
 */
export function withAdvice(error: unknown, { volume, oldIsGone }: { readonly volume: string; readonly oldIsGone: boolean }): unknown {
  if (oldIsGone) {
    const message = messageOf(error);
    return new BackupError(
      failureKind(error),
      `${message}; the old data was removed to make room, so run the restore again with RESTORE_IN_PLACE=true`,
      { cause: error },
    );
  }
  const unchanged = 'the old data is unchanged';
  if (error instanceof UnpackError) return new BackupError(error.kind, `${error.message}; ${unchanged}`, { cause: error });
  if (!isFull(error)) return error;
  if (isErrno(error, 'EDQUOT')) {
    const problem = `the quota of ${volume} does not allow for both old and restored data`;
    return new BackupError('io', `${problem}; ${unchanged}: raise the quota, or remove data before you restore`, { cause: error });
  }
  const kind = !(error instanceof DiskFullError) && diskRoom(volume).freeInodes === 0 ? 'inodes' : 'bytes';
  return new BackupError('io', `${volume} does not have enough space for both old and restored data; ${unchanged}: ${ADVICE[kind]}`, {
    cause: error,
  });
}

const isFull = (error: unknown): boolean => error instanceof DiskFullError || isErrno(error, 'ENOSPC', 'EDQUOT');
