import { ANNOTATION, BACKUP_ENV, defined, LABEL, labelValue, verificationJobName } from '@eeveebot/contract';
import type { BackupSchedule, BotModule, S3Store } from '@eeveebot/crds';
import { type BackupJob } from '../../../backup-jobs/backup-job.ts';
import type { BackupTool } from '../../../backup-jobs/backup-tool.ts';
import { backupJobSpec, backupLabels } from '../../../backup-jobs/job-template.ts';
import { scratchSize, type ScratchSpace } from '../../../backup-jobs/scratch-space.ts';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { CronJob, Job } from '../../../resource-types/kubernetes.ts';
import { scheduleOwner } from './metadata.ts';

type Verification = NonNullable<BackupSchedule['spec']['verification']>;

/** A scratch volume lives as long as its pod: a Job that has ended must not keep one until the history limit removes it. */
const SCRATCH_TTL_SECONDS = 3_600;

/** Input of the verifications of a module. */
export interface VerificationInput {
  readonly schedule: BackupSchedule;
  readonly verification: Verification;
  readonly store: S3Store;
  readonly module: BotModule;
  readonly backupTool: BackupTool;
  /** Space that the files of the last backup take; undefined when unknown. */
  readonly unpackedBytes: number | undefined;
}

/** The CronJob that verifies the newest backup of a module at `cron`. */
export function desiredVerificationCronJob(
  input: VerificationInput,
  { name, cron }: { readonly name: string; readonly cron: string },
): Desired<CronJob> {
  const { schedule, verification } = input;
  const { spec, metadata } = schedule;
  const job = verificationJob(input);
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: backupLabels(job),
      ownerReferences: [scheduleOwner(schedule)],
    },
    spec: {
      schedule: cron,
      ...defined({ timeZone: spec.timeZone }),
      suspend: spec.suspend,
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit,
      failedJobsHistoryLimit: spec.failedJobsHistoryLimit,
      ...defined({ startingDeadlineSeconds: spec.startingDeadlineSeconds }),
      jobTemplate: {
        metadata: { labels: backupLabels(job), annotations: { [ANNOTATION.verificationMode]: verification.mode } },
        spec: backupJobSpec(job),
      },
    },
  };
}

/** The Job that verifies one backup of a module. */
export function desiredVerificationJob(input: VerificationInput, backup: { readonly id: string; readonly key: string }): Desired<Job> {
  const { schedule, verification, module } = input;
  const { metadata } = schedule;
  const made = verificationJob(input);
  const job = { ...made, env: [...(made.env ?? []), { name: BACKUP_ENV.restoreBackupId, value: backup.id }] };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: verificationJobName(metadata.name, module.metadata.name, backup.id),
      namespace: metadata.namespace,
      labels: backupLabels(job),
      annotations: {
        [ANNOTATION.verificationMode]: verification.mode,
        [ANNOTATION.backupId]: backup.id,
        [ANNOTATION.backupKey]: backup.key,
      },
      ownerReferences: [scheduleOwner(schedule)],
    },
    spec: backupJobSpec(job),
  };
}

const verificationJob = ({ schedule, verification, store, module, backupTool, unpackedBytes }: VerificationInput): BackupJob => ({
  command: 'verify',
  module,
  store,
  image: schedule.spec.image ?? backupTool.image,
  toolEnv: backupTool.env,
  imagePullPolicy: schedule.spec.imagePullPolicy,
  labels: { [LABEL.backupSchedule]: labelValue(schedule.metadata.name) },
  env: [{ name: BACKUP_ENV.verifyMode, value: verification.mode }],
  scratch: verification.mode === 'Restore' ? scratchSpace(verification, unpackedBytes) : undefined,
  pod: { ...schedule.spec, ...defined({ resources: verification.resources }) },
  ...(verification.mode === 'Restore' ? { ttlSecondsAfterFinished: SCRATCH_TTL_SECONDS } : {}),
  activeDeadlineSeconds: verification.activeDeadlineSeconds,
});

const scratchSpace = ({ scratchSize: size, storageClassName }: Verification, unpackedBytes: number | undefined): ScratchSpace => ({
  size: size ?? scratchSize(unpackedBytes),
  storageClassName,
});
