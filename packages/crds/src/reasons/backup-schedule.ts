import type { Reasons } from './reason.ts';
import { S3_STORE_NOT_FOUND, S3_STORE_NOT_READY } from './shared.ts';

/** Reasons of a BackupSchedule's `Ready`. */
export const BACKUP_SCHEDULE_REASONS = {
  CronJobsCreated: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: 'Every module that names the schedule and can be backed up has its CronJob.',
    fix: 'Nothing.',
  },
  NoTargets: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: 'No module names the schedule, or no module that names it can be backed up.',
    fix: 'Set `backupSchedule.name` on a BotModule, or check the condition `BackupScheduled` of those that have it. The operator reacts immediately.',
  },
  BackupsFailing: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'The last backup of a module failed, its backup makes no progress (an image that cannot be pulled, no node with enough resources, a quota), or it runs so long that later backups are skipped. The message names the module and the cause; the other modules are backed up.',
    fix: 'Fix the cause that the message names. The condition ends with the next successful backup: annotate the schedule with `eevee.bot/backup-now` to start one now. A Job that makes no progress ends at `activeDeadlineSeconds`, or when it is deleted.',
  },
  S3StoreNotFound: S3_STORE_NOT_FOUND,
  S3StoreNotReady: S3_STORE_NOT_READY,
  InvalidSpec: {
    status: 'False',
    progress: 'stalled',
    worrying: true,
    when: 'The spec contains a value that the schema cannot reject: a field of `schedule` or `verification.schedule` out of range, a `timeZone` that does not exist; or the API server refuses a CronJob or Job of a module, which the message names. The other modules are not affected.',
    fix: 'Correct the field that the message names.',
  },
  Pending: {
    status: 'Unknown',
    progress: 'waiting',
    worrying: true,
    when: 'A CronJob or Job could not be created (a quota, an admission rule, a missing permission): the message names the module and the cause. The other modules are not affected.',
    fix: 'Fix the cause that the message names; creation is retried.',
  },
  Suspended: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: '`suspend` is true: no backups and verifications are started.',
    fix: 'Set `suspend: false` to continue.',
  },
} as const satisfies Reasons;

/** Reason of a BackupSchedule's `Ready`. */
export type BackupScheduleReason = keyof typeof BACKUP_SCHEDULE_REASONS;
