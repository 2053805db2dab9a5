import { defined } from '@eeveebot/contract';
import {
  backupById,
  isComplete,
  listBackups,
  recordVerification,
  StoreError,
  type StoredBackup,
  type VerificationRecord,
} from '@eeveebot/object-store';
import type { VerificationMode } from '@eeveebot/contract';
import packageJson from '../../package.json' with { type: 'json' };
import { assertComplete, backupWarnings, readArchive } from '../backups/checked-archive.ts';
import { Warnings } from '../output/warnings.ts';
import type { CommandContext } from './context.ts';
import { downloadProgress } from '../output/download-progress.ts';
import { BackupError } from '../errors.ts';
import { scanEntries } from '../restore/entries/scan.ts';
import { loadBackup, noSuchBackup, type FoundBackup } from '../backups/find-backup.ts';
import { contentLimits } from '../restore/entries/content-limits.ts';
import type { BackupResult } from '../output/result.ts';
import { LaterReleaseError } from '../backups/sidecar.ts';
import { trialRestore, type TrialRestore } from '../verification/trial-restore.ts';

/** Result of a successful verification. */
export interface VerificationResult extends BackupResult {
  /** Time of the verification, RFC 3339. */
  readonly time: string;
  readonly mode: VerificationMode;
  /** Number of checked SQLite databases; only in mode `Restore`. */
  readonly databases?: number;
}

/** Result of verifying all backups of a module. */
export interface AllVerified {
  readonly backups: readonly { readonly id: string; readonly result: 'Succeeded' | 'Failed' | 'Skipped'; readonly message?: string }[];
  readonly succeeded: number;
  readonly failed: number;
  /** Backups that a later release made, which this one cannot read. */
  readonly skipped: number;
  readonly warnings: readonly string[];
}

/**
 * Reads a whole backup and performs all checks of a restore; in mode `Restore`, also unpacks the backup into scratch space. Records the
 * outcome next to the backup: a failed one is not chosen as the latest while there is a better one.
 *
 * Without an id, verifies the newest complete backup regardless of its record: otherwise the success of an older backup would hide the
 * failure of the newest.
 *
 * @throws BackupError `integrity` when the backup is damaged; `noSuchBackup`; StoreError.
 */
export async function verify(context: CommandContext): Promise<VerificationResult> {
  const warnings = new Warnings(context.log);
  const result = await verifyBackup(await backupToVerify(context), context, warnings);
  return { ...result, warnings: warnings.list };
}

/**
 * Verifies every backup of a module, newest first, and continues after damaged ones, ones of a later release, and ones that were removed in
 * the meantime.
 *
 * @throws BackupError `noSuchBackup` when the module has no backups; StoreError.
 */
export async function verifyAll(context: CommandContext): Promise<AllVerified> {
  const { config, store, signal, log } = context;
  const warnings = new Warnings(log);
  const listed = await listBackups(store, config.owner, signal);
  if (listed.length === 0) throw noSuchBackup({ ...config, backupId: undefined });
  const backups: AllVerified['backups'][number][] = [];
  for (const backup of listed) {
    try {
      await verifyBackup(backup, context, warnings);
      backups.push({ id: backup.id, result: 'Succeeded' });
      log.info({ key: backup.key }, 'verified backup');
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'no-such-key') warnings.add(`${backup.key} was removed before it was verified`);
      else if (isDamage(error) || error instanceof LaterReleaseError) {
        backups.push({ id: backup.id, result: isDamage(error) ? 'Failed' : 'Skipped', message: error.message });
        log.error({ key: backup.key }, error.message);
      } else throw error;
    }
  }
  const count = (wanted: string): number => backups.filter(({ result }) => result === wanted).length;
  return { backups, succeeded: count('Succeeded'), failed: count('Failed'), skipped: count('Skipped'), warnings: warnings.list };
}

async function backupToVerify({ config, store, signal }: CommandContext): Promise<StoredBackup> {
  const { owner, backupId } = config;
  if (backupId !== undefined) {
    const backup = await backupById(store, owner, backupId, signal);
    if (backup === undefined) throw noSuchBackup(config);
    return backup;
  }
  const listed = await listBackups(store, owner, signal);
  const backup = listed.find((each) => isComplete(each)) ?? listed[0];
  if (backup === undefined) throw noSuchBackup(config);
  return backup;
}

/** Verifies one backup and records the outcome. */
async function verifyBackup(
  stored: StoredBackup,
  context: CommandContext,
  warnings: Warnings,
): Promise<Omit<VerificationResult, 'warnings'>> {
  const startedMs = performance.now();
  const record: Pick<VerificationRecord, 'version' | 'time' | 'mode' | 'tool'> = {
    version: 1,
    time: context.now().toISOString(),
    mode: context.config.verificationMode,
    tool: `eevee-backup ${packageJson.version}`,
  };
  try {
    const backup = await loadBackup(stored, context);
    for (const warning of backupWarnings(backup)) warnings.add(warning);
    const { files, bytes, databases, ...reading } = await checkContent(backup, context, warnings);
    await storeRecord(stored, { ...record, result: 'Succeeded' }, { context, warnings });
    return {
      id: backup.id,
      key: backup.key,
      time: record.time,
      mode: record.mode,
      ...reading,
      uncompressedBytes: bytes,
      files,
      ...defined({ databases }),
      durationSeconds: Math.round(performance.now() - startedMs) / 1000,
    };
  } catch (error) {
    // Only damage is recorded: a lost connection or a full disk says nothing about the archive.
    if (!isDamage(error)) throw error;
    await storeRecord(stored, { ...record, result: 'Failed', message: error.message }, { context, warnings });
    throw new BackupError('integrity', error.message, { cause: error, backupId: stored.id });
  }
}

const isDamage = (error: unknown): error is BackupError => error instanceof BackupError && error.kind === 'integrity';

async function checkContent(
  backup: FoundBackup,
  context: CommandContext,
  warnings: Warnings,
): Promise<Omit<TrialRestore, 'databases'> & { readonly databases?: number }> {
  const { config, store, signal } = context;
  using progress = downloadProgress('verify', backup, context);
  const onProgress = (bytes: number) => progress.advance(bytes);
  if (config.verificationMode === 'Restore') return await trialRestore(backup, context, { onProgress, onWarning: warnings.add });
  const { result, ...reading } = await readArchive(backup, { store, signal, onProgress }, (entries) =>
    scanEntries(entries, { limits: contentLimits(backup) }),
  );
  assertComplete(backup, result);
  return { ...reading, files: result.files, bytes: result.bytes };
}

/** Records the outcome. A failure to store the record is only a warning. */
async function storeRecord(
  backup: StoredBackup,
  record: VerificationRecord,
  { context, warnings }: { readonly context: CommandContext; readonly warnings: Warnings },
): Promise<void> {
  try {
    await recordVerification(context.store, backup, record, context.signal);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    warnings.add(`the result of the verification could not be recorded in the bucket: ${error.message}`);
  }
}
