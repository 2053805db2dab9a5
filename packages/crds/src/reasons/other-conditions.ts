import type { ConditionStatus } from './reason.ts';

/** One reason of a condition other than `Ready`. */
export interface ConditionReason {
  /** Status of the condition with this reason. */
  readonly status: ConditionStatus;
  /** Situation in which a resource has the reason. */
  readonly when: string;
}

/** The reasons of a condition other than `Ready`. */
export type ConditionReasons = Readonly<Record<string, ConditionReason>>;

/** Reasons of a BotModule's `BackupScheduled`. */
export const BACKUP_SCHEDULED_REASONS = {
  CronJobCreated: { status: 'True', when: 'A CronJob backs up the module at the time in the message.' },
  NoVolume: { status: 'False', when: 'The module has no volume.' },
  ModuleNameNotUnique: {
    status: 'False',
    when: 'Another module of the namespace has the same `moduleName`: their backups could not be distinguished.',
  },
  VolumeNotShareable: {
    status: 'False',
    when: 'The access mode of the volume is ReadWriteOncePod: a backup cannot mount it while the module runs.',
  },
  OnHold: {
    status: 'False',
    when: 'Backups are suspended for a while: a restore uses the volume, or the volume does not exist or has not been restored yet.',
  },
  Suspended: { status: 'False', when: '`suspend` of the BackupSchedule is true.' },
  BackupScheduleNotFound: { status: 'False', when: 'The BackupSchedule that the spec names does not exist.' },
  BackupFailing: { status: 'False', when: 'The last backup failed, or a running one makes no progress or takes too long.' },
} as const satisfies ConditionReasons;

/** Reason of a BotModule's `BackupScheduled`, unless it is that of the schedule's `Ready`. */
export type BackupScheduledReason = keyof typeof BACKUP_SCHEDULED_REASONS;

const IN_SYNC: ConditionReason = { status: 'True', when: 'Each claim matches the spec, or is larger.' };

const RESIZE_REFUSED: ConditionReason = {
  status: 'False',
  when: 'The API server refuses the size, usually because the storage class does not allow expansion. It is asked again every ten minutes.',
};

/** Reasons of a BotModule's `VolumeInSync`. */
export const VOLUME_IN_SYNC_REASONS = {
  InSync: IN_SYNC,
  ResizeRefused: RESIZE_REFUSED,
  ClaimDiffers: { status: 'False', when: 'The claim differs in fields that cannot be changed, such as its storage class.' },
} as const satisfies ConditionReasons;

/** Reason of a BotModule's `VolumeInSync`. */
export type VolumeInSyncReason = keyof typeof VOLUME_IN_SYNC_REASONS;

/** Reasons of an IpcConfig's `VolumeInSync`. */
export const JETSTREAM_VOLUME_IN_SYNC_REASONS = {
  InSync: IN_SYNC,
  ResizeRefused: RESIZE_REFUSED,
  NotMarked: { status: 'False', when: 'The API server refuses the annotations that keep tools from deleting the claim.' },
  StorageClassDiffers: { status: 'False', when: 'The claim has another storage class, which cannot be changed.' },
} as const satisfies ConditionReasons;

/** Reason of an IpcConfig's `VolumeInSync`. */
export type JetStreamVolumeInSyncReason = keyof typeof JETSTREAM_VOLUME_IN_SYNC_REASONS;

/** Reasons of a BotModule's `ExtrasInSync`. */
export const EXTRAS_IN_SYNC_REASONS = {
  Applied: { status: 'True', when: 'They match the spec.' },
  NotApplied: { status: 'False', when: 'The API server refuses one of them, or an object of that name was not created for this module.' },
  KindNotAvailable: { status: 'False', when: 'The cluster does not have PodMonitors, or the operator lacks permissions for them.' },
} as const satisfies ConditionReasons;

/** Reason of a BotModule's `ExtrasInSync`. */
export type ExtrasInSyncReason = keyof typeof EXTRAS_IN_SYNC_REASONS;

/** Reasons of a BackupSchedule's `Verified`. */
export const VERIFIED_REASONS = {
  Verified: { status: 'True', when: 'The last verification of every module succeeded.' },
  VerificationFailed: { status: 'False', when: 'A verification failed; the message names the module, the backup and the cause.' },
  NotVerifiedYet: { status: 'Unknown', when: 'A module has no finished verification.' },
  NoTargets: { status: 'Unknown', when: 'The schedule backs up no module.' },
} as const satisfies ConditionReasons;

/** Reason of a BackupSchedule's `Verified`. */
export type VerifiedReason = keyof typeof VERIFIED_REASONS;
