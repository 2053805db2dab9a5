import type { Logger } from 'pino';
import { startProgress, type Progress } from './progress.ts';

/** Progress of downloading an archive. */
export function downloadProgress(
  what: string,
  { sizeBytes }: { readonly sizeBytes: number },
  { terminal, log }: { readonly terminal: boolean; readonly log: Logger },
): Progress {
  return startProgress({ what, totalBytes: sizeBytes, terminal, report: (state) => log.info(state, 'progress') });
}
