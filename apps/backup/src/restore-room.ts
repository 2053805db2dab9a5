import { assertComplete, readArchive } from './checked-archive.ts';
import type { CommandContext } from './command.ts';
import { downloadProgress } from './download-progress.ts';
import { BackupError, failureKind } from './errors.ts';
import { makeRoom, replacedBytes } from './extract/make-room.ts';
import { scanEntries, type Scanned } from './extract/scan.ts';
import { diskRoom, DiskFullError, missingBytes, type DiskContent } from './extract/space.ts';
import { contentLimits, type FoundBackup } from './found-backup.ts';

const IN_PLACE_ADVICE =
  'enlarge the volume, or set RESTORE_IN_PLACE=true to check the whole archive first and then replace the old data as it is unpacked';

/**
 * Sees to it that what is restored fits. Where old and new data do not fit beside each other, and it is allowed, the
 * whole archive is checked and then what it replaces is removed: from there on there is no way back.
 *
 * @returns whether old data was removed.
 * @throws BackupError `io` that says how much is missing; then nothing was removed. `integrity`; StoreError.
 */
export async function ensureRoom(backup: FoundBackup, context: CommandContext): Promise<boolean> {
  const { volume, inPlace, clean } = context.config;
  const known = writtenDown(backup);
  if (!inPlace) {
    const missing = known === undefined ? 0 : missingBytes(volume, known);
    if (missing === 0) return false;
    throw new BackupError(
      'io',
      `${volume} has no room for the restored data beside the old: ${missing} bytes are missing; ${IN_PLACE_ADVICE}`,
    );
  }
  if (known !== undefined && missingBytes(volume, known) === 0) return false;
  const scanned = await scan(backup, context);
  const missing = missingBytes(volume, { bytes: scanned.diskBytes, files: 0 });
  if (missing === 0) return false;
  const replaced = { clean, paths: scanned.paths };
  const stillMissing = missing - replacedBytes(volume, replaced);
  if (stillMissing > 0) {
    throw new BackupError(
      'io',
      `${volume} has no room for the restored data, not even without the data it replaces: ${Math.ceil(stillMissing)} bytes are missing; nothing was changed`,
    );
  }
  context.signal.throwIfAborted();
  context.log.warn({ missing }, 'the archive is whole; the old data is removed to make room for it');
  makeRoom(volume, replaced);
  return true;
}

/** What was written down of what unpacking takes. */
function writtenDown({ sidecar }: FoundBackup): DiskContent | undefined {
  return sidecar === undefined ? undefined : { bytes: sidecar.allocatedBytes ?? sidecar.uncompressedBytes, files: sidecar.files };
}

async function scan(backup: FoundBackup, context: CommandContext): Promise<Scanned> {
  const { store, signal, log, config } = context;
  log.info('checking the whole archive before anything is changed');
  using progress = downloadProgress('check', backup, context);
  const limits = contentLimits(backup, diskRoom(config.volume).capacityBytes);
  const { result } = await readArchive(backup, { store, signal, onProgress: (bytes) => progress.advance(bytes) }, (entries) =>
    scanEntries(entries, { limits }),
  );
  assertComplete(backup, result);
  return result;
}

/** An error of unpacking, with what is to be done about it: the disk was full after all, or the old data is gone. */
export function withAdvice(error: unknown, { volume, oldIsGone }: { readonly volume: string; readonly oldIsGone: boolean }): unknown {
  if (oldIsGone) {
    const message = error instanceof Error ? error.message : String(error);
    return new BackupError(
      failureKind(error),
      `${message}; the data that is to be replaced was removed to make room, so run the restore again with RESTORE_IN_PLACE=true`,
      { cause: error },
    );
  }
  if (!isFull(error)) return error;
  return new BackupError('io', `${volume} has no room for the restored data beside the old, which is as it was: ${IN_PLACE_ADVICE}`, {
    cause: error,
  });
}

const isFull = (error: unknown): boolean =>
  error instanceof DiskFullError || (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'));
