import { runsBackupCommand, verificationJobName } from '@eeveebot/contract';
import type { BackupSchedule, LastVerification } from '@eeveebot/crds';
import { isUnfinished } from '../../backup-jobs/job-outcome.ts';
import { verificationOf } from '../../backup-jobs/last-verification.ts';
import type { CronJob, Job } from '../../resource-types/kubernetes.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';
import { recordedTarget, type TargetHistory } from './target-history.ts';

/** A backup that is due for verification. */
export interface DueBackup {
  readonly id: string;
  readonly key: string;
}

/**
 * The backup of a target that `afterEach` verifies now: its last successful one, once. It waits while another verification of the target
 * runs.
 */
export function dueVerification({ spec, metadata }: BackupSchedule, target: ObservedTarget, history: TargetHistory): DueBackup | undefined {
  const { id, key } = history.lastSuccess ?? {};
  if (spec.verification?.afterEach !== true || spec.suspend || id === undefined || key === undefined) return undefined;
  if (history.lastVerified?.id === id) return undefined;
  const name = verificationJobName(metadata.name, target.module.metadata.name, id);
  const verifications = target.jobs.filter((job) => runsBackupCommand(job, 'verify'));
  return verifications.some((job) => job.metadata.name === name || isUnfinished(job)) ? undefined : { id, key };
}

/** CronJobs that verify backups for a schedule whose `verification` no longer asks for them. */
export function formerVerificationCronJobs(
  { schedule, cronJobs }: ObservedSchedule,
  targets: readonly ObservedTarget[],
): readonly CronJob[] {
  const isScheduled = schedule.spec.verification?.schedule !== undefined;
  const wanted = new Set(isScheduled ? targets.map(({ cronJobNames }) => cronJobNames.verify) : []);
  return cronJobs.filter(
    (cronJob) =>
      runsBackupCommand(cronJob, 'verify') && !wanted.has(cronJob.metadata.name) && cronJob.metadata.deletionTimestamp === undefined,
  );
}

/**
 * Verification Jobs to delete among those that the schedule created after backups: those of modules that are no longer its targets, all of
 * them when verification was switched off, and ended ones beyond the history limits whose result is recorded.
 */
export function surplusVerificationJobs(
  { schedule, verificationJobs }: ObservedSchedule,
  targets: readonly ObservedTarget[],
): readonly Job[] {
  const present = verificationJobs.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (schedule.spec.verification?.afterEach !== true) return present;
  const kept = new Set(
    targets.flatMap((target) => {
      const names = new Set(target.jobs.map(({ metadata }) => metadata.name));
      const own = present.filter(({ metadata }) => names.has(metadata.name));
      const surplus = new Set(beyondLimits(schedule, target, own));
      return own.filter((job) => !surplus.has(job));
    }),
  );
  return present.filter((job) => !kept.has(job));
}

/** Ended Jobs beyond the limits, which keep the newest ones; never one whose result is not in the status yet. */
function beyondLimits({ spec, status }: BackupSchedule, { module, pods }: ObservedTarget, jobs: readonly Job[]): readonly Job[] {
  const recorded = recordedTarget(status, module.metadata.name)?.lastVerified?.time ?? '';
  const ended = jobs
    .map((job) => ({ job, outcome: verificationOf(job, pods) }))
    .filter((entry): entry is { job: Job; outcome: LastVerification } => entry.outcome !== undefined)
    .toSorted((a, b) => b.outcome.time.localeCompare(a.outcome.time));
  const surplusOf = (result: LastVerification['result'], limit: number) =>
    ended
      .filter(({ outcome }) => outcome.result === result)
      .slice(limit)
      .filter(({ outcome }) => outcome.time <= recorded)
      .map(({ job }) => job);
  return [...surplusOf('Succeeded', spec.successfulJobsHistoryLimit), ...surplusOf('Failed', spec.failedJobsHistoryLimit)];
}
