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
    when: 'No module names the schedule, or none that does can be backed up.',
    fix: 'Set `backupSchedule.name` on a BotModule, or look at the condition `BackupScheduled` of those that have it. It is noticed at once.',
  },
  BackupsFailing: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'The last backup of a module failed, its backup makes no progress (an image that cannot be pulled, no node with room, a quota), or runs for so long that later ones are skipped. The message says which module and why; the other modules are backed up.',
    fix: 'Fix the cause that the message names. The next backup that succeeds ends it: annotate the schedule with `eevee.bot/backup-now` to make one now. A Job that makes no progress ends at `activeDeadlineSeconds`, or when it is deleted.',
  },
  S3StoreNotFound: S3_STORE_NOT_FOUND,
  S3StoreNotReady: S3_STORE_NOT_READY,
  InvalidSpec: {
    status: 'False',
    progress: 'stalled',
    worrying: true,
    when: 'The spec holds what the schema could not refuse: a field of `schedule` or `verification.schedule` out of range, a `timeZone` that does not exist; or the API server refuses a CronJob or Job of a module, which the message names. The other modules have theirs.',
    fix: 'Correct the field that the message names.',
  },
  Pending: {
    status: 'Unknown',
    progress: 'waiting',
    worrying: true,
    when: 'A CronJob or Job could not be created (a quota, an admission rule, a missing right): the message says whose and why. The other modules have theirs.',
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

/** Reason of a BackupSchedule's `Verified`. */
export type VerifiedReason = 'Verified' | 'VerificationFailed' | 'NotVerifiedYet' | 'NoTargets';
