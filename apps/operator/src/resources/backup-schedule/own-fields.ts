/** Fields of a BackupSchedule that are other fields of the CronJobs and Jobs made for it. */
import type { BackupSchedule, BotModule } from '@eeveebot/crds';
import { jobFields, type JobOrigin } from '../rejected-job.ts';
import type { OwnField, RenamedField } from '../rejection-text.ts';

/** Fields of a CronJob under the same name. */
const OF_CRON_JOB = ['schedule', 'timeZone', 'startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'];
const ofCronJob: readonly RenamedField[] = OF_CRON_JOB.map((name) => [`spec.${name}`, `spec.${name}`]);

const inBoth = (origin: Omit<JobOrigin, 'jobSpec'>): Readonly<Record<string, OwnField>> => ({
  CronJob: jobFields({ ...origin, jobSpec: 'spec.jobTemplate.spec' }),
  Job: jobFields({ ...origin, jobSpec: 'spec' }),
});

/** Fields of the objects that back a module up, by kind. */
export const backupFields = ({ spec }: BackupSchedule, module: BotModule): Readonly<Record<string, OwnField>> =>
  inBoth({ module, podFields: 'spec', pod: spec, further: ofCronJob });

/** Fields of the objects that verify the backups of a module, by kind. */
export const verificationFields = ({ spec }: BackupSchedule, module: BotModule): Readonly<Record<string, OwnField>> =>
  inBoth({
    module,
    podFields: 'spec',
    pod: spec,
    further: [
      ['spec.schedule', 'spec.verification.schedule'],
      ...ofCronJob,
      ['{job}.activeDeadlineSeconds', 'spec.verification.activeDeadlineSeconds'],
      ...(spec.verification?.resources === undefined ? [] : [['{pod}.containers[0].resources', 'spec.verification.resources'] as const]),
      ['{pod}.scratch.spec.resources', 'spec.verification.scratchSize'],
      ['{pod}.scratch.spec.storageClassName', 'spec.verification.storageClassName'],
    ],
  });
