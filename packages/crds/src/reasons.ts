/**
 * The reasons that the condition `Ready` of each kind may carry: which status goes with each, when it
 * is given and what to do about it. The reference pages print them.
 */
import type { ConditionStatus } from './conditions.ts';

/** One reason of a condition. */
export interface Reason {
  /** Status that the condition has with this reason. */
  readonly status: ConditionStatus;
  /** When it is given. */
  readonly when: string;
  /** What a person does about it. */
  readonly mend: string;
}

type Reasons = Readonly<Record<string, Reason>>;

const NOTHING = 'Nothing: it passes on its own.';

const SECRET_NOT_FOUND: Reason = {
  status: 'False',
  when: 'A Secret that the spec names does not exist; the message says which.',
  mend: 'Create the Secret in the same namespace, or correct its name. It is noticed at once.',
};

const SECRET_KEY_MISSING: Reason = {
  status: 'False',
  when: 'A Secret that the spec names has not the key, or it is empty; the message says which.',
  mend: 'Add the key to the Secret, or correct `key`. It is noticed at once.',
};

const S3_STORE_NOT_FOUND: Reason = {
  status: 'False',
  when: 'The S3Store that the spec names does not exist.',
  mend: 'Create it in the same namespace, or correct the name. It is noticed at once.',
};

const S3_STORE_NOT_READY: Reason = {
  status: 'False',
  when: 'The S3Store is there but not Ready; the message repeats why.',
  mend: 'Look at the S3Store (`kubectl describe s3 <name>`). Once it is Ready, this goes on by itself.',
};

/** Reasons of a BotModule's `Ready`. */
export const BOT_MODULE_REASONS = {
  Pending: {
    status: 'Unknown',
    when: 'Seen but not reconciled yet, or something it depends on is missing; the message says what.',
    mend: 'Create what the message names. It is noticed at once.',
  },
  InvalidSpec: {
    status: 'False',
    when: 'The spec holds what the schema could not refuse: `moduleConfig` that is no YAML, a Secret in another namespace.',
    mend: 'Correct the field that the message names.',
  },
  WaitingForBackup: {
    status: 'False',
    when: '`bootstrapFromBackup` is set and there is no backup in the store yet.',
    mend: 'Put a backup there, or remove `bootstrapFromBackup` to start with an empty volume. It is looked for again on its own.',
  },
  Bootstrapping: { status: 'Unknown', when: 'The Job that restores the backup is running.', mend: NOTHING },
  BootstrapRestoreFailed: {
    status: 'False',
    when: 'The Job that restores the backup failed or ran out of time. The module has not been started.',
    mend: 'Read the message and the log of the Job. Delete the Job to try again, or remove `bootstrapFromBackup` to start without.',
  },
  Disabled: {
    status: 'False',
    when: '`enabled` is false: there is no Deployment. The volume is kept.',
    mend: 'Set `enabled: true` to run it.',
  },
  Creating: { status: 'Unknown', when: 'The Deployment has just been created and has not been available yet.', mend: NOTHING },
  Updating: { status: 'Unknown', when: 'A change is rolling out.', mend: NOTHING },
  Ready: { status: 'True', when: 'The Deployment is healthy at the newest generation. So it is with `size: 0`.', mend: 'Nothing.' },
  Unavailable: {
    status: 'False',
    when: 'Fewer pods are available than asked for. The message gives the deepest known cause: the container that crashes and its last words, the image that cannot be fetched, the node that has no room.',
    mend: 'Mend the cause that the message names.',
  },
} as const satisfies Reasons;

/** Reason of a BotModule's `Ready`. */
export type BotModuleReason = keyof typeof BOT_MODULE_REASONS;

/** Reasons of an IpcConfig's `Ready`. */
export const IPC_CONFIG_REASONS = {
  Pending: { status: 'Unknown', when: 'Seen but not reconciled yet.', mend: NOTHING },
  InvalidSpec: {
    status: 'False',
    when: 'The spec holds what the schema could not refuse: a Secret in another namespace, or no host for a NATS that the operator does not run.',
    mend: 'Correct the field that the message names.',
  },
  SecretNotFound: {
    status: 'False',
    when: '`token.generate` is false and the Secret of the token does not exist.',
    mend: 'Create the Secret in the same namespace, correct `secretKeyRef`, or set `generate: true`. It is noticed at once.',
  },
  SecretKeyMissing: SECRET_KEY_MISSING,
  Creating: { status: 'Unknown', when: 'The NATS servers have just been created and have not been available yet.', mend: NOTHING },
  Updating: { status: 'Unknown', when: 'A change is rolling out.', mend: NOTHING },
  Ready: { status: 'True', when: 'All NATS servers are healthy; or NATS is run elsewhere and host and token are known.', mend: 'Nothing.' },
  Unavailable: {
    status: 'False',
    when: 'Fewer NATS servers are available than asked for; the message gives the deepest known cause.',
    mend: 'Mend the cause that the message names.',
  },
} as const satisfies Reasons;

/** Reason of an IpcConfig's `Ready`. */
export type IpcConfigReason = keyof typeof IPC_CONFIG_REASONS;

/** Reasons of an S3Store's `Ready`. */
export const S3_STORE_REASONS = {
  ConnectionSuccessful: { status: 'True', when: 'The last test listed the bucket.', mend: 'Nothing.' },
  ConnectionFailed: {
    status: 'False',
    when: 'The last test failed; the message tells apart name resolution, refused connection, TLS, time-out, wrong credentials and missing bucket.',
    mend: 'Correct what the message names: `endpoint`, `caBundle`, the Secrets, `bucket`, or `pathStyle`. A change is tested at once, and the test is repeated at each interval.',
  },
  SecretNotFound: SECRET_NOT_FOUND,
  SecretKeyMissing: SECRET_KEY_MISSING,
  InvalidSpec: {
    status: 'False',
    when: 'The spec contains what the schema could not refuse: a Secret in another namespace, or a `prefix` that was stored by an earlier release.',
    mend: 'Correct the field that the message names.',
  },
} as const satisfies Reasons;

/** Reason of an S3Store's `Ready`. */
export type S3StoreReason = keyof typeof S3_STORE_REASONS;

/** Reasons of a BackupSchedule's `Ready`. */
export const BACKUP_SCHEDULE_REASONS = {
  CronJobsCreated: { status: 'True', when: 'Every module that names the schedule and can be backed up has its CronJob.', mend: 'Nothing.' },
  NoTargets: {
    status: 'False',
    when: 'No module names the schedule, or none that does can be backed up.',
    mend: 'Set `backupSchedule.name` on a BotModule, or look at the condition `BackupScheduled` of those that have it. It is noticed at once.',
  },
  S3StoreNotFound: S3_STORE_NOT_FOUND,
  S3StoreNotReady: S3_STORE_NOT_READY,
  InvalidSpec: {
    status: 'False',
    when: 'The spec holds what the schema could not refuse: a field of `schedule` or `verification.schedule` out of range, a `timeZone` that does not exist; or the API server refuses a CronJob or Job of a module, which the message names. The other modules have theirs.',
    mend: 'Correct the field that the message names.',
  },
  Pending: {
    status: 'Unknown',
    when: 'A CronJob or Job could not be created (a quota, an admission rule, a missing right): the message says whose and why. The other modules have theirs.',
    mend: 'Fix the cause that the message names; creation is retried.',
  },
  Suspended: {
    status: 'False',
    when: '`suspend` is true: no backups and verifications are started.',
    mend: 'Set `suspend: false` to continue.',
  },
} as const satisfies Reasons;

/** Reason of a BackupSchedule's `Ready`. */
export type BackupScheduleReason = keyof typeof BACKUP_SCHEDULE_REASONS;

/** Reason of a BackupSchedule's `Verified`. */
export type VerifiedReason = 'Verified' | 'VerificationFailed' | 'NotVerifiedYet' | 'NoTargets';

/** Reasons of a BackupRestore's `Ready`. */
export const BACKUP_RESTORE_REASONS = {
  Pending: { status: 'Unknown', when: 'Seen but not started, or another restore of the module runs first.', mend: NOTHING },
  WaitingForModuleToStop: {
    status: 'Unknown',
    when: 'The module has been scaled to 0 and a pod still uses the volume; the message names it.',
    mend: 'Nothing, unless the pod is not one of the module: then stop it.',
  },
  Running: { status: 'Unknown', when: 'The Job is running.', mend: NOTHING },
  Succeeded: { status: 'True', when: 'The backup is restored and the module runs again.', mend: 'Nothing. It will not run again.' },
  Failed: {
    status: 'False',
    when: 'The Job failed or ran out of time. The volume is as it was before, and the module runs on it.',
    mend: 'Read the message and the log of the Job; delete this BackupRestore and create another to try again.',
  },
  BotModuleNotFound: {
    status: 'False',
    when: 'The BotModule that the spec names does not exist.',
    mend: 'Create it in the same namespace, or correct the name. It is noticed at once.',
  },
  NoVolume: {
    status: 'False',
    when: 'The BotModule has no volume.',
    mend: 'Add `persistentVolumeClaim` to the BotModule. It is noticed at once.',
  },
  S3StoreNotFound: S3_STORE_NOT_FOUND,
  S3StoreNotReady: S3_STORE_NOT_READY,
  NoBackupsFound: {
    status: 'False',
    when: 'The store holds no backup of the module.',
    mend: 'Check `bucket` and `prefix` of the S3Store, and the `moduleName` of the BotModule. It is looked for again on its own.',
  },
  BackupNotFound: {
    status: 'False',
    when: 'The store holds no backup with this `backupId`.',
    mend: 'Correct `backupId`, or leave it out to take the newest.',
  },
  SecretNotFound: SECRET_NOT_FOUND,
} as const satisfies Reasons;

/** Reason of a BackupRestore's `Ready`. */
export type BackupRestoreReason = keyof typeof BACKUP_RESTORE_REASONS;
