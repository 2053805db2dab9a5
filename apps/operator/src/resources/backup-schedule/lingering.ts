import type { BotModuleStatus } from '@eeveebot/crds';
import { isLingering, isUnfinished, podsOf } from '../../backup-jobs/job-outcome.ts';
import { backupOf } from '../../backup-jobs/last-backup.ts';
import { verificationOf } from '../../backup-jobs/last-verification.ts';
import type { ResourceEvent } from '../../controller/api/events.ts';
import type { Job } from '../../resource-types/kubernetes.ts';
import type { ObservedTarget } from './observe.ts';

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

/** The event about a lingering Job that was deleted, which ended its pod. */
export const lingeringEvent = ({ metadata }: Job): ResourceEvent => ({
  type: 'Warning',
  reason: 'SidecarKeptRunning',
  message: `Deleted Job ${metadata.name}: it succeeded, but another container kept its pod running; exclude the pods of backups from sidecar injection (spec.podLabels, spec.podAnnotations)`,
});
