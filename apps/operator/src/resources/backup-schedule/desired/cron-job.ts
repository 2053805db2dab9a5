import { ANNOTATION, BACKUP_ENV, defined, LABEL, labelValue } from '@eeveebot/contract';
import type { BackupSchedule, BotModule, S3Store } from '@eeveebot/crds';
import { type BackupJob } from '../../../backup-jobs/backup-job.ts';
import { backupNowJob } from '../../../backup-jobs/backup-now-job.ts';
import type { BackupTool } from '../../../backup-jobs/backup-tool.ts';
import { backupJobSpec, backupLabels } from '../../../backup-jobs/job-template.ts';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { CronJob, EnvVar, Job } from '../../../resource-types/kubernetes.ts';
import { scheduleOwner } from './metadata.ts';

/** Input of a module's CronJob. */
export interface CronJobInput {
  readonly schedule: BackupSchedule;
  readonly store: S3Store;
  readonly module: BotModule;
  /** Name of the CronJob. */
  readonly name: string;
  readonly backupTool: BackupTool;
  /** Its cron expression: `spec.schedule`, or a later one within `spec.startWindow`. */
  readonly cron: string;
  /** Whether the module's backups are on hold at the moment. */
  readonly held: boolean;
  /** Whether only the node of the module's pods can mount the volume at the moment. */
  readonly besideModule: boolean;
}

/**
 * The CronJob that backs up one module.
 *
 * @param request the last served request for a backup at once, which an annotation records.
 */
export function desiredCronJob(input: CronJobInput, request: string | undefined): Desired<CronJob> {
  const { schedule, held } = input;
  const { spec } = schedule;
  const job = backupJob(input);
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      name: input.name,
      namespace: schedule.metadata.namespace,
      labels: backupLabels(job),
      ...(request === undefined ? {} : { annotations: { [ANNOTATION.backupNow]: request } }),
      ownerReferences: [scheduleOwner(schedule)],
    },
    spec: {
      schedule: input.cron,
      ...defined({ timeZone: spec.timeZone }),
      suspend: spec.suspend || held,
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit,
      failedJobsHistoryLimit: spec.failedJobsHistoryLimit,
      ...defined({ startingDeadlineSeconds: spec.startingDeadlineSeconds }),
      jobTemplate: jobTemplate(job),
    },
  };
}

/** The Job of a backup at once, from the same template. */
export const desiredBackupNowJob = (input: CronJobInput, cronJob: CronJob, request: string): Desired<Job> =>
  backupNowJob(cronJob.metadata, jobTemplate(backupJob(input)), request);

const jobTemplate = (job: BackupJob) => ({ metadata: { labels: backupLabels(job) }, spec: backupJobSpec(job) });

function backupJob({ schedule, store, module, backupTool, besideModule }: CronJobInput): BackupJob {
  const { spec, metadata } = schedule;
  return {
    command: 'backup',
    module,
    store,
    image: spec.image ?? backupTool.image,
    toolEnv: backupTool.env,
    imagePullPolicy: spec.imagePullPolicy,
    labels: { [LABEL.backupSchedule]: labelValue(metadata.name) },
    env: retentionEnvironment(spec.retention),
    besideModule,
    pod: spec,
    activeDeadlineSeconds: spec.activeDeadlineSeconds,
  };
}

function retentionEnvironment(retention: BackupSchedule['spec']['retention'] = {}): readonly EnvVar[] {
  const variables = {
    [BACKUP_ENV.keepLast]: retention.keepLast,
    [BACKUP_ENV.keepHourly]: retention.keepHourly,
    [BACKUP_ENV.keepDaily]: retention.keepDaily,
    [BACKUP_ENV.keepWeekly]: retention.keepWeekly,
    [BACKUP_ENV.keepMonthly]: retention.keepMonthly,
    [BACKUP_ENV.minAgeHours]: retention.minAgeHours,
  };
  return Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: String(value) }]));
}
