import { ANNOTATION, API_GROUP_VERSION, BACKUP_ENV, defined, LABEL, labelValue, restoreJobName } from '@eeveebot/contract';
import type { BackupRestore, BotModule, S3Store } from '@eeveebot/crds';
import { type BackupJob } from '../../../backup-jobs/backup-job.ts';
import type { BackupTool } from '../../../backup-jobs/backup-tool.ts';
import { backupJobSpec, backupLabels } from '../../../backup-jobs/job-template.ts';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { Job } from '../../../resource-types/kubernetes.ts';
import type { FoundBackup } from '../../../stores/object-stores.ts';

/** A Job that has ended is kept for a day, with its pods' logs. */
const TTL_SECONDS = 86_400;

/** The Job of a BackupRestore, suspended until it is released. */
export function desiredRestoreJob(given: {
  readonly restore: BackupRestore;
  readonly module: BotModule;
  readonly store: S3Store;
  readonly backup: FoundBackup;
  readonly backupTool: BackupTool;
  /** uid of the claim that the Job restores into. */
  readonly claimUid?: string | undefined;
}): Desired<Job> {
  const { restore, module, store, backup, backupTool, claimUid } = given;
  const { spec, metadata } = restore;
  const job: BackupJob = {
    command: 'restore',
    module,
    store,
    image: spec.image ?? backupTool.image,
    toolEnv: backupTool.env,
    imagePullPolicy: spec.imagePullPolicy,
    labels: { [LABEL.backupRestore]: labelValue(metadata.name) },
    env: [
      { name: BACKUP_ENV.restoreBackupId, value: backup.id },
      { name: BACKUP_ENV.restoreClean, value: String(spec.cleanRestore) },
    ],
    pod: spec,
    activeDeadlineSeconds: spec.activeDeadlineSeconds,
    ttlSecondsAfterFinished: TTL_SECONDS,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: restoreJobName(metadata.name),
      namespace: metadata.namespace,
      labels: backupLabels(job),
      annotations: {
        [ANNOTATION.backupId]: backup.id,
        [ANNOTATION.backupKey]: backup.key,
        ...defined({ [ANNOTATION.restoreGeneration]: metadata.generation?.toString() }),
        ...defined({ [ANNOTATION.claimUid]: claimUid }),
      },
      ownerReferences: [
        {
          apiVersion: API_GROUP_VERSION,
          kind: 'BackupRestore',
          name: metadata.name,
          uid: metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { ...backupJobSpec(job), suspend: true },
  };
}
