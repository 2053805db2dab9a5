import type { BackupSchedule, S3Store } from '@eeveebot/crds';
import type { ReconcileContext } from '../../controller/types.ts';
import { CRON_JOB } from '../../kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { BACKUP_JOB } from '../types.ts';
import { desiredVerificationCronJob, desiredVerificationJob } from './desired/verification.ts';
import type { ObservedSchedule } from './observe.ts';
import type { PlannedTarget, SchedulePlan } from './plan.ts';
import { formerVerificationCronJobs, surplusVerificationJobs } from './verification.ts';

/** What the objects of all targets of a schedule are made from. */
export interface TargetInput {
  readonly schedule: BackupSchedule;
  readonly store: S3Store;
  readonly defaultImage: string;
}

/** Keeps the CronJob that verifies a target's backups, or starts the verification of the backup that is due. */
export async function applyVerification(
  { target, history, due }: PlannedTarget,
  given: TargetInput,
  { writer, signal, events }: ReconcileContext,
): Promise<void> {
  const { schedule } = given;
  const { verification } = schedule.spec;
  if (verification === undefined) return;
  const input = { ...given, verification, module: target.module, uncompressedBytes: history.uncompressedBytes };
  if (verification.schedule !== undefined) {
    const cronJob = desiredVerificationCronJob(input, { name: target.cronJobNames.verify, cron: verification.schedule });
    recordApplied(schedule, await writer.apply(CRON_JOB, cronJob, signal), events);
  } else if (due !== undefined) {
    recordApplied(schedule, await writer.apply(BACKUP_JOB, desiredVerificationJob(input, due), signal), events);
  }
}

/** Removes what verifies backups that the schedule no longer makes or no longer verifies so, and Jobs beyond the history. */
export async function removeFormerVerifications(
  plan: Extract<SchedulePlan, { action: 'carry-out' }>,
  observed: ObservedSchedule,
  { writer, events, signal }: ReconcileContext,
): Promise<void> {
  const targets = plan.targets.map(({ target }) => target);
  for (const cronJob of formerVerificationCronJobs(observed, targets)) {
    if (await writer.delete(CRON_JOB, cronJob, signal)) {
      events.record(observed.schedule, {
        type: 'Normal',
        reason: 'Deleted',
        message: `Deleted CronJob ${cronJob.metadata.name}: this schedule no longer verifies backups of its module at fixed times`,
      });
    }
  }
  for (const job of surplusVerificationJobs(observed, targets)) await writer.delete(BACKUP_JOB, job, signal);
}
