import { assertComplete, backupWarnings, readArchive } from '../checked-archive.ts';
import { Warnings, type CommandContext } from '../command.ts';
import { scanEntries } from '../extract/scan.ts';
import { contentLimits, foundBackup } from '../found-backup.ts';
import type { BackupResult } from '../result.ts';
import { downloadProgress } from '../download-progress.ts';

/** Reads a whole backup and checks everything that a restore would, without writing anything. */
export async function verify(context: CommandContext): Promise<BackupResult> {
  const { log, store, signal } = context;
  const startedMs = performance.now();
  const warnings = new Warnings(log);
  const backup = await foundBackup(context);
  for (const warning of backupWarnings(backup)) warnings.add(warning);
  using progress = downloadProgress('verify', backup, context);
  const { result, sizeBytes, sha256 } = await readArchive(
    backup,
    { store, signal, onProgress: (bytes) => progress.advance(bytes) },
    (entries) => scanEntries(entries, { limits: contentLimits(backup) }),
  );
  assertComplete(backup, result);
  return {
    id: backup.id,
    key: backup.key,
    sizeBytes,
    uncompressedBytes: result.bytes,
    files: result.files,
    durationSeconds: Math.round(performance.now() - startedMs) / 1000,
    sha256,
    warnings: warnings.list,
  };
}
