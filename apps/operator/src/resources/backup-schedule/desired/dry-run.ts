import { defined } from '@eeveebot/contract';
import type { BackupSchedule } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { CronJob } from '../../../resource-types/kubernetes.ts';

/** A CronJob for a dry run, which shows whether the API server accepts `cron` and the time zone of `schedule`. */
export const dryRunCronJob = ({ metadata, spec }: BackupSchedule, cron: string): Desired<CronJob> => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'eevee-dry-run', namespace: metadata.namespace },
  spec: {
    schedule: cron,
    ...defined({ timeZone: spec.timeZone }),
    suspend: true,
    jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none' }] } } } },
  },
});
