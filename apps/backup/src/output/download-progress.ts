import type { CommandContext } from '../command.ts';
import type { FoundBackup } from '../backups/found-backup.ts';
import { startProgress, type Progress } from './progress.ts';

/** Progress over the bytes of an archive that is read. */
export function downloadProgress(what: string, backup: FoundBackup, { terminal, log }: CommandContext): Progress {
  return startProgress({ what, totalBytes: backup.sizeBytes, terminal, report: (state) => log.info(state, 'progress') });
}
