import type { BotModuleStatus } from '@eeveebot/crds';
import { isLingering, isUnfinished, podsOf } from '../../backup-jobs/job-outcome.ts';
import { backupOf } from '../../backup-jobs/last-backup.ts';
import { verificationOf } from '../../backup-jobs/last-verification.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { BACKUP_JOB } from '../../resource-types/kinds.ts';
import type { Job } from '../../resource-types/kubernetes.ts';
import type { Remove } from './attempts.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';

/**
 * Jobs in whose pods the tool has succeeded while another container keeps running, such as an injected sidecar: they would block the next
 * backup and count as failed at their deadline. Only Jobs whose result is in the module's status.
 */
export const lingeringJobs = ({ module, jobs, pods }: ObservedTarget): readonly Job[] =>
  jobs.filter(
    (job) =>
      isUnfinished(job) &&
      job.metadata.deletionTimestamp === undefined &&
      podsOf(job, pods).some(isLingering) &&
      isRecorded(job, pods, module.status),
  );

function isRecorded(job: Job, pods: ObservedTarget['pods'], status: BotModuleStatus | undefined): boolean {
  const [backup, verification] = [backupOf(job, pods), verificationOf(job, pods)];
  const [ended, recorded] = backup === undefined ? [verification, status?.lastVerified] : [backup, status?.lastBackup];
  return ended !== undefined && recorded !== undefined && recorded.time >= ended.time;
}

/** Deletes lingering Jobs, which ends their pods. */
export async function endLingeringJobs(
  { schedule, targets }: ObservedSchedule,
  { events, remove }: Pick<ReconcileContext, 'events'> & { readonly remove: Remove },
): Promise<void> {
  const jobs = targets.flatMap(lingeringJobs);
  for (const job of jobs) {
    if (!(await remove(BACKUP_JOB, job))) continue;
    events.record(schedule, {
      type: 'Warning',
      reason: 'SidecarKeptRunning',
      message: `Deleted Job ${job.metadata.name}: it succeeded, but another container kept its pod running; exclude the pods of backups from sidecar injection (spec.podLabels, spec.podAnnotations)`,
    });
  }
}
