import type { Reasons } from './reason.ts';
import { NOTHING, S3_STORE_NOT_FOUND, S3_STORE_NOT_READY, SECRET_NOT_FOUND } from './shared.ts';

/** Reasons of a BackupRestore's `Ready`. */
export const BACKUP_RESTORE_REASONS = {
  Pending: {
    status: 'Unknown',
    progress: 'waiting',
    worrying: false,
    when: 'Not started yet, another restore or a backup of the module runs first, or the API server refuses an object (a quota, an admission rule, a missing permission); the message gives the cause.',
    fix: 'Nothing, unless the message names a cause to fix.',
  },
  WaitingForModuleToStop: {
    status: 'Unknown',
    progress: 'reconciling',
    worrying: false,
    when: 'The module is scaled to 0 and a pod still uses the volume; the message names the pod.',
    fix: 'Nothing, unless the pod does not belong to the module: then stop it.',
  },
  Running: { status: 'Unknown', progress: 'reconciling', worrying: false, when: 'The Job is running.', fix: NOTHING },
  Succeeded: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: 'The backup is restored and the module runs again.',
    fix: 'Nothing. The restore does not run again.',
  },
  Failed: {
    status: 'False',
    progress: 'stalled',
    worrying: true,
    when: 'The Job failed or ran out of time. The volume is unchanged, and the module runs again.',
    fix: 'Read the message and the log of the Job. To retry, delete this BackupRestore and create another one.',
  },
  BotModuleNotFound: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'The BotModule that the spec names does not exist.',
    fix: 'Create it in the same namespace, or correct the name. The operator reacts immediately.',
  },
  NoVolume: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'The BotModule has no volume.',
    fix: 'Add `persistentVolumeClaim` to the BotModule. The operator reacts immediately.',
  },
  S3StoreNotFound: S3_STORE_NOT_FOUND,
  S3StoreNotReady: S3_STORE_NOT_READY,
  NoBackupsFound: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'The store has no backup of the module.',
    fix: 'Check `bucket` and `prefix` of the S3Store, and the `moduleName` of the BotModule. The operator keeps looking for it.',
  },
  BackupNotFound: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'The store has no backup with this `backupId`.',
    fix: 'Correct `backupId`, or remove it to use the newest backup.',
  },
  SecretNotFound: SECRET_NOT_FOUND,
} as const satisfies Reasons;

/** Reason of a BackupRestore's `Ready`. */
export type BackupRestoreReason = keyof typeof BACKUP_RESTORE_REASONS;
