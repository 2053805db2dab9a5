import type { BackupSchedule, S3Store } from '@eeveebot/crds';
import type { BackupTool } from '../../backup-jobs/backup-tool.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { BACKUP_JOB } from '../../resource-types/kinds.ts';
import { CRON_JOB } from '../../resource-types/kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { desiredVerificationCronJob, desiredVerificationJob } from './desired/verification.ts';
import type { PlannedTarget } from './plan.ts';
import type { SettledCronJobs } from './settled-cron-jobs.ts';
import type { StartTimes } from './start-times.ts';

/** Input of the objects of all targets of a schedule. */
export interface TargetInput {
  readonly schedule: BackupSchedule;
  readonly store: S3Store;
  readonly backupTool: BackupTool;
  readonly startTimes: StartTimes;
  readonly settled: SettledCronJobs;
  readonly volumeLocks: VolumeLocks;
}

/**
 * Applies the CronJob that verifies a target's backups, or starts the verification of the backup that is due.
 *
 * @returns whether anything was changed.
 */
export async function applyVerification(
  { target, history, due }: PlannedTarget,
  given: TargetInput,
  { writer, signal, events }: ReconcileContext,
): Promise<boolean> {
  const { schedule, settled } = given;
  const { verification } = schedule.spec;
  if (verification === undefined) return false;
  const input = { ...given, verification, module: target.module, unpackedBytes: history.allocatedBytes ?? history.uncompressedBytes };
  if (verification.schedule === undefined) {
    if (due === undefined) return false;
    recordApplied(schedule, [await writer.apply(BACKUP_JOB, desiredVerificationJob(input, due), signal)], events);
    return true;
  }
  const origin = { ...given, module: target.module, more: [target.cronJobNames.verify, input.unpackedBytes] };
  if (settled.isSettled(target.verificationCronJob, origin)) return false;
  const cronJob = desiredVerificationCronJob(input, { name: target.cronJobNames.verify, cron: verification.schedule });
  const applied = await writer.apply(CRON_JOB, cronJob, signal);
  recordApplied(schedule, [applied], events);
  if (applied.outcome === 'unchanged') settled.settle(applied.object, origin);
  return applied.outcome !== 'unchanged';
}
