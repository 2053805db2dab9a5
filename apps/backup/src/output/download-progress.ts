import type { CommandContext } from '../command.ts';
import type { FoundBackup } from '../backups/find-backup.ts';
import { startProgress, type Progress } from './progress.ts';

/** Progress of downloading an archive. */
export function downloadProgress(what: string, backup: FoundBackup, { terminal, log }: CommandContext): Progress {
  return startProgress({ what, totalBytes: backup.sizeBytes, terminal, report: (state) => log.info(state, 'progress') });
}
