import type { FoundBackup } from '../../backup/object-stores.ts';
import type { BackupTool } from '../../backup/backup-tool.ts';
import { isHolding } from '../../backup/restores.ts';
import type { ReconcileContext, ReconcileResult } from '../../controller/types.ts';
import type { BackupSearch } from '../../backup/search.ts';
import type { VolumeLocks } from '../../backup/volume-lock.ts';
import { BACKUP_JOB } from '../types.ts';
import type { ObservedRestore } from './observe.ts';
import { recordedBackup, stopDueInMs, timeoutMessage } from './plan.ts';
import type { RestoreProgress } from './status.ts';
import type { Job } from '../../kubernetes.ts';

/** Settings of the BackupRestore reconciler. */
export interface RestoreSettings {
  readonly backupTool: BackupTool;
  readonly backupSearch: BackupSearch;
  /** Shared with the reconciler of BotModules. */
  readonly volumeLocks: VolumeLocks;
}

/** Dependencies of every step of a restore. */
export interface Means {
  readonly settings: RestoreSettings;
  readonly context: ReconcileContext;
}

/** Outcome of a step of a restore. */
export interface Step extends ReconcileResult {
  readonly progress: RestoreProgress;
  /** To be tried again, after the status has been written. */
  readonly error?: Error;
}

/** A pod that does not belong to the module is not watched: it is looked for again after this time. */
const FOREIGN_POD_MS = 5_000;

/** The claim on the volume that the status records: while the restore holds the volume, the backup that was found remains the one. */
export function recordedClaim({ restore }: ObservedRestore): { readonly backup?: FoundBackup } {
  const backup = isHolding(restore) ? recordedBackup(restore) : undefined;
  return backup === undefined ? {} : { backup };
}

/** The restore waits with the volume claimed, or is given up when it has waited long enough. */
export async function heldUp(
  message: string,
  given: { readonly observed: ObservedRestore; readonly backup: FoundBackup | undefined; readonly job: Job | undefined },
  context: ReconcileContext,
): Promise<Step> {
  const { observed, backup, job } = given;
  const dueInMs = stopDueInMs(observed.restore, context.now);
  if (isHolding(observed.restore) && dueInMs <= 0) return giveUp(job, timeoutMessage(observed.restore, message), context);
  const requeueAfterMs = Math.max(1, Math.min(FOREIGN_POD_MS, dueInMs));
  if (job !== undefined) return { progress: { phase: 'watched', outcome: { phase: 'running', message } }, requeueAfterMs };
  const claim = backup === undefined ? {} : { backup };
  return { progress: { phase: 'waiting', reason: 'WaitingForModuleToStop', message, ...claim }, requeueAfterMs };
}

/** Ends a restore that has not touched the volume. A Job that was made and never ran goes first: it counts as one that may write. */
export async function giveUp(job: Job | undefined, message: string, { writer, signal, now }: ReconcileContext): Promise<Step> {
  if (job !== undefined) await writer.delete(BACKUP_JOB, job, signal);
  const time = `${now.toISOString().slice(0, 19)}Z`;
  return { progress: { phase: 'watched', outcome: { phase: 'failed', time, message } } };
}
