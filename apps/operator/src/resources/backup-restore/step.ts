import type { BackupTool } from '../../backup-jobs/backup-tool.ts';
import { isHolding } from '../../backup-jobs/restores.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { ReconcileContext, ReconcileResult } from '../../controller/run/definition.ts';
import { BACKUP_JOB } from '../../resource-types/kinds.ts';
import type { Job } from '../../resource-types/kubernetes.ts';
import type { FoundBackup } from '../../stores/object-stores.ts';
import type { BackupSearch } from '../../stores/search.ts';
import type { ObservedRestore } from './observe.ts';
import { recordedBackup, timeoutMessage } from './plan.ts';
import type { RestoreProgress } from './status.ts';
import type { StopTimes } from './stop-times.ts';

/** Settings of the BackupRestore reconciler. */
export interface RestoreSettings {
  readonly backupTool: BackupTool;
  readonly backupSearch: BackupSearch;
  /** Shared with the reconciler of BotModules. */
  readonly volumeLocks: VolumeLocks;
}

/** Dependencies of every step of a restore. */
export interface Deps {
  readonly settings: RestoreSettings;
  readonly stopTimes: StopTimes;
  readonly context: ReconcileContext;
}

/** Outcome of a step of a restore. */
export interface Step extends ReconcileResult {
  readonly progress: RestoreProgress;
  /** Thrown after the status has been written, so that the reconcile is retried. */
  readonly error?: Error;
}

/** Pods that do not belong to the module are not watched: delay until the next check for one. */
const FOREIGN_POD_MS = 5_000;

/** The claim on the volume from the status: while the restore holds the volume, it keeps to the backup that was found. */
export function recordedClaim({ restore }: ObservedRestore): { readonly backup?: FoundBackup } {
  const backup = isHolding(restore) ? recordedBackup(restore) : undefined;
  return backup === undefined ? {} : { backup };
}

/** Waits with the volume claimed, or gives the restore up when it has waited long enough. */
export async function heldUp(
  message: string,
  given: { readonly observed: ObservedRestore; readonly backup: FoundBackup | undefined; readonly job: Job | undefined },
  { stopTimes, context }: Pick<Deps, 'stopTimes' | 'context'>,
): Promise<Step> {
  const { observed, backup, job } = given;
  const dueInMs = stopTimes.dueInMs(observed.restore, context.clock);
  if (isHolding(observed.restore) && dueInMs <= 0) return giveUp(job, timeoutMessage(observed.restore, message), context);
  const requeueAfterMs = Math.max(1, Math.min(FOREIGN_POD_MS, dueInMs));
  if (job !== undefined) return { progress: { phase: 'watched', outcome: { phase: 'running', message } }, requeueAfterMs };
  const claim = backup === undefined ? {} : { backup };
  return { progress: { phase: 'waiting', reason: 'WaitingForModuleToStop', message, ...claim }, requeueAfterMs };
}

/** Ends a restore that has not touched the volume. Deletes a Job that never ran first: it counts as one that may write. */
export async function giveUp(job: Job | undefined, message: string, { writer, signal, now }: ReconcileContext): Promise<Step> {
  if (job !== undefined) await writer.delete(BACKUP_JOB, job, signal);
  const time = `${now.toISOString().slice(0, 19)}Z`;
  return { progress: { phase: 'watched', outcome: { phase: 'failed', time, message } } };
}
