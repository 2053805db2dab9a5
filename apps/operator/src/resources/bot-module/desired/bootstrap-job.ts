import { ANNOTATION, BACKUP_ENV, bootstrapJobName, defined } from '@eeveebot/contract';
import type { BotModule, S3Store } from '@eeveebot/crds';
import { type BackupJob } from '../../../backup-jobs/backup-job.ts';
import type { BackupTool } from '../../../backup-jobs/backup-tool.ts';
import { backupJobSpec, backupLabels } from '../../../backup-jobs/job-template.ts';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { Job } from '../../../resource-types/kubernetes.ts';
import type { FoundBackup } from '../../../stores/object-stores.ts';
import { passedOverText } from '../../../stores/passed-over.ts';
import { moduleOwner } from './metadata.ts';

/** A restore that takes longer than a day has failed. */
const DEADLINE_SECONDS = 86_400;

/** The Job that restores a module's volume before its first start. */
export function desiredBootstrapJob(given: {
  readonly module: BotModule;
  readonly store: S3Store;
  readonly backup: FoundBackup;
  readonly backupTool: BackupTool;
  /** uid of the claim that the Job restores into. */
  readonly claimUid?: string | undefined;
}): Desired<Job> {
  const { module, store, backup, backupTool, claimUid } = given;
  const { bootstrapFromBackup } = module.spec;
  const passedOver = passedOverText(backup);
  const job: BackupJob = {
    command: 'restore',
    module,
    store,
    image: bootstrapFromBackup?.image ?? backupTool.image,
    toolEnv: backupTool.env,
    imagePullPolicy: bootstrapFromBackup?.imagePullPolicy ?? 'IfNotPresent',
    env: [
      { name: BACKUP_ENV.restoreBackupId, value: backup.id },
      { name: BACKUP_ENV.restoreClean, value: 'true' },
      // The claim may have existed before, with data that no mark records: that data stays.
      { name: BACKUP_ENV.restoreIfEmpty, value: 'true' },
    ],
    pod: bootstrapFromBackup,
    activeDeadlineSeconds: DEADLINE_SECONDS,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: bootstrapJobName(module.metadata.name),
      namespace: module.metadata.namespace,
      labels: backupLabels(job),
      annotations: {
        [ANNOTATION.backupId]: backup.id,
        [ANNOTATION.backupKey]: backup.key,
        ...defined({ [ANNOTATION.claimUid]: claimUid, [ANNOTATION.backupsPassedOver]: passedOver }),
      },
      ownerReferences: [moduleOwner(module)],
    },
    spec: backupJobSpec(job),
  };
}
