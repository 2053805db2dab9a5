import type { BackupRestore, BackupRestoreReason, BackupRestoreStatus } from '@eeveebot/crds';
import type { JobOutcome } from '../../backup/job-outcome.ts';
import type { FoundBackup } from '../../backup/object-stores.ts';
import { passedOverText } from '../../backup/passed-over.ts';
import { withCondition } from '../../controller/status.ts';
import type { Job } from '../../kubernetes.ts';
import { notPaused } from '../paused.ts';
import type { ObservedRestore } from './observe.ts';

/** What came of a reconcile. */
export type RestoreProgress =
  | { readonly phase: 'waiting'; readonly reason: BackupRestoreReason; readonly message: string; readonly backup?: FoundBackup }
  | { readonly phase: 'started'; readonly jobName: string; readonly backup: FoundBackup }
  | { readonly phase: 'watched'; readonly outcome: JobOutcome };

/** Status that Ready has with each reason of a restore that waits. */
const WAITING_STATUS: Partial<Record<BackupRestoreReason, 'Unknown'>> = { Pending: 'Unknown', WaitingForModuleToStop: 'Unknown' };

/** The whole status of a restore that has not ended before. */
export function restoreStatus({ restore, job }: ObservedRestore, progress: RestoreProgress, now: Date): BackupRestoreStatus {
  const generation = restore.metadata.generation ?? 0;
  return {
    observedGeneration: generation,
    conditions: withCondition(
      notPaused(restore.status?.conditions),
      { type: 'Ready', ...withPassedOver(restore, readyCondition(progress)), observedGeneration: generation },
      now,
    ),
    ...facts(restore, job, progress),
    ...(job?.status?.startTime === undefined ? {} : { startTime: job.status.startTime }),
  };
}

/** Names the newer backups that were not taken while the restore runs and after it has succeeded. */
function withPassedOver({ status }: BackupRestore, ready: ReturnType<typeof readyCondition>): ReturnType<typeof readyCondition> {
  const text = passedOverText(status ?? {});
  const isTold = ready.reason === 'Running' || ready.reason === 'Succeeded';
  return text === undefined || !isTold ? ready : { ...ready, message: `${ready.message}; ${text}` };
}

function readyCondition(progress: RestoreProgress): { status: 'True' | 'False' | 'Unknown'; reason: BackupRestoreReason; message: string } {
  if (progress.phase === 'waiting') {
    const { reason, message } = progress;
    return { status: WAITING_STATUS[reason] ?? 'False', reason, message };
  }
  if (progress.phase === 'started') return { status: 'Unknown', reason: 'Running', message: `Job ${progress.jobName} is starting` };
  const { outcome } = progress;
  switch (outcome.phase) {
    case 'running':
      return { status: 'Unknown', reason: 'Running', message: outcome.message === '' ? 'the Job is running' : outcome.message };
    case 'failed':
      return { status: 'False', reason: 'Failed', message: outcome.message };
    case 'succeeded': {
      const { warnings = [], id } = outcome.result ?? {};
      return {
        status: 'True',
        reason: 'Succeeded',
        message: [`backup ${id ?? ''} is restored`.replace('  ', ' '), ...warnings].join('; '),
      };
    }
  }
}

/** What is known of backup and Job: kept once it is known. */
function facts({ status }: BackupRestore, job: Job | undefined, progress: RestoreProgress): Partial<BackupRestoreStatus> {
  switch (progress.phase) {
    case 'waiting':
      return backupFacts(progress.backup);
    case 'started':
      return { ...backupFacts(progress.backup), jobName: progress.jobName };
    case 'watched': {
      // The operator may have been stopped between creating the Job and recording its name.
      const { backupId, key, passedOver, jobName = job?.metadata.name, startTime } = status ?? {};
      const { outcome } = progress;
      const result = outcome.phase === 'succeeded' ? outcome.result : undefined;
      return {
        ...(backupId === undefined ? {} : { backupId }),
        ...(key === undefined ? {} : { key }),
        ...(passedOver === undefined ? {} : { passedOver }),
        ...(jobName === undefined ? {} : { jobName }),
        ...(startTime === undefined ? {} : { startTime }),
        ...(outcome.phase === 'running' || outcome.time === '' ? {} : { completionTime: outcome.time }),
        ...(result?.uncompressedBytes === undefined ? {} : { restoredBytes: result.uncompressedBytes }),
        ...(result?.files === undefined ? {} : { restoredFiles: result.files }),
      };
    }
  }
}

const backupFacts = (backup: FoundBackup | undefined): Partial<BackupRestoreStatus> =>
  backup === undefined
    ? {}
    : { backupId: backup.id, key: backup.key, ...(backup.passedOver === undefined ? {} : { passedOver: backup.passedOver }) };
