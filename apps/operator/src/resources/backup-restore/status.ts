import { defined } from '@eeveebot/contract';
import { BACKUP_RESTORE_REASONS, type BackupRestore, type BackupRestoreReason, type BackupRestoreStatus } from '@eeveebot/crds';
import type { JobOutcome } from '../../backup-jobs/job-outcome.ts';
import { isHolding } from '../../backup-jobs/restores.ts';
import { readinessConditions, restatedConditions, type StatedReady } from '../../controller/objects/progress.ts';
import { readyOf } from '../../controller/objects/status.ts';
import type { Job } from '../../resource-types/kubernetes.ts';
import type { FoundBackup } from '../../stores/object-stores.ts';
import { passedOverText } from '../../stores/passed-over.ts';
import type { ObservedRestore } from './observe.ts';

/** The backup that a restore has found when it claims the volume. */
interface Claim {
  readonly backup: FoundBackup;
  /** Where it was found, if this reconcile found it. */
  readonly foundIn: NonNullable<BackupRestoreStatus['foundIn']>;
}

/** Result of a reconcile. */
export type RestoreProgress =
  | ({ readonly phase: 'waiting'; readonly reason: BackupRestoreReason; readonly message: string } & Partial<Claim>)
  | { readonly phase: 'started'; readonly jobName: string; readonly backup: FoundBackup }
  /** `remark`: what else there is to know about one that has succeeded, such as why it still exists although it was deleted. */
  | { readonly phase: 'watched'; readonly outcome: JobOutcome; readonly remark?: string };

type Ready = StatedReady<BackupRestoreReason>;

const JOB_IS_RUNNING = 'the Job is running';
const jobIsStarting = (jobName: string): string => `Job ${jobName} is starting`;

/** Why the Job of a restore makes no progress; `undefined` if it does, or if there is no Job. */
export function obstacleOf({ status }: Pick<BackupRestore, 'status'>): string | undefined {
  const ready = readyOf(status);
  if (ready?.reason !== 'Running') return undefined;
  const progress = [JOB_IS_RUNNING, jobIsStarting(status?.jobName ?? '')];
  const text = passedOverText(status ?? {});
  return progress.some((message) => [message, `${message}; ${text}`].includes(ready.message)) ? undefined : ready.message;
}

/** The whole status of a restore that has not ended before this reconcile. */
export function restoreStatus({ restore, job }: ObservedRestore, progress: RestoreProgress, now: Date): BackupRestoreStatus {
  const generation = restore.metadata.generation ?? 0;
  return {
    observedGeneration: generation,
    conditions: restatedConditions({
      known: restore.status?.conditions,
      stated: readinessConditions(withPassedOver(restore, readyCondition(progress)), BACKUP_RESTORE_REASONS),
      generation,
      now,
    }),
    ...facts(restore, { job, progress, now }),
    ...defined({ startTime: job?.status?.startTime }),
  };
}

/** Names the newer backups that were passed over, while the restore runs and after it has succeeded. */
function withPassedOver({ status }: BackupRestore, ready: Ready): Ready {
  const text = passedOverText(status ?? {});
  const isTold = ready.reason === 'Running' || ready.reason === 'Succeeded';
  return text === undefined || !isTold ? ready : { ...ready, message: `${ready.message}; ${text}` };
}

function readyCondition(progress: RestoreProgress): Ready {
  if (progress.phase === 'waiting') {
    const { reason, message } = progress;
    return { reason, message };
  }
  if (progress.phase === 'started') return { reason: 'Running', message: jobIsStarting(progress.jobName) };
  const { outcome, remark } = progress;
  switch (outcome.phase) {
    case 'running':
      return { reason: 'Running', message: outcome.message === '' ? JOB_IS_RUNNING : outcome.message };
    case 'failed':
      return { reason: 'Failed', message: outcome.message };
    case 'succeeded': {
      const { warnings = [], id } = outcome.result ?? {};
      return {
        reason: 'Succeeded',
        message: [`backup ${id ?? ''} is restored`.replace('  ', ' '), ...warnings, ...(remark === undefined ? [] : [remark])].join('; '),
      };
    }
  }
}

/** Facts about backup and Job, which are kept once they are known. */
function facts(
  restore: BackupRestore,
  { job, progress, now }: { readonly job: Job | undefined; readonly progress: RestoreProgress; readonly now: Date },
): Partial<BackupRestoreStatus> {
  const { status } = restore;
  switch (progress.phase) {
    case 'waiting':
      return progress.backup === undefined ? {} : { ...backupFacts(progress.backup), ...claimFacts(restore, progress.foundIn, now) };
    case 'started':
      return { ...backupFacts(progress.backup), ...claimFacts(restore, undefined, now), jobName: progress.jobName };
    case 'watched': {
      // The operator may have been stopped between creating the Job and recording its name.
      const { backupId, key, passedOver, jobName = job?.metadata.name, startTime } = status ?? {};
      return {
        ...defined({ backupId, key, passedOver }),
        ...claimFacts(restore, undefined, now),
        ...defined({ jobName, startTime }),
        ...endFacts(progress.outcome),
      };
    }
  }
}

/** When the Job ended, and how much it restored. */
function endFacts(outcome: JobOutcome): Partial<BackupRestoreStatus> {
  if (outcome.phase === 'running') return {};
  const result = outcome.phase === 'succeeded' ? outcome.result : undefined;
  return {
    ...(outcome.time === '' ? {} : { completionTime: outcome.time }),
    ...defined({ restoredBytes: result?.uncompressedBytes, restoredFiles: result?.files }),
  };
}

/** Where the backup was found, and when the module was asked to stop: kept while the volume is claimed. */
function claimFacts(restore: BackupRestore, foundIn: Claim['foundIn'] | undefined, now: Date): Partial<BackupRestoreStatus> {
  const known = isHolding(restore) ? restore.status : undefined;
  const where = foundIn ?? known?.foundIn;
  const since = known?.stopRequestedTime;
  // A time in the future comes from a clock that has since been set back: the module would be stopped until then, and for its timeout.
  const isNew = since === undefined ? foundIn !== undefined : Date.parse(since) > now.getTime();
  return {
    ...defined({ foundIn: where, stopRequestedTime: isNew ? `${now.toISOString().slice(0, 19)}Z` : since }),
  };
}

const backupFacts = (backup: FoundBackup | undefined): Partial<BackupRestoreStatus> =>
  backup === undefined ? {} : { backupId: backup.id, key: backup.key, ...defined({ passedOver: backup.passedOver }) };
