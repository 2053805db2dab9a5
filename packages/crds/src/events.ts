import type { Kind } from '@eeveebot/contract';

/** A Kubernetes Event that the operator records on a resource. */
export interface EventDescription {
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  /** Situation in which the event is recorded. */
  readonly when: string;
}

const normal = (reason: string, when: string): EventDescription => ({ reason, type: 'Normal', when });
const warning = (reason: string, when: string): EventDescription => ({ reason, type: 'Warning', when });

/** Events of every kind. */
const COMMON = [
  normal('Paused', 'The annotation `eevee.bot/paused` was set.'),
  warning('StatusNotWritten', 'The API server rejects the status, which therefore shows a former state. It is written again later.'),
  warning(
    'ReconcileFailed',
    'The resource could not be processed repeatedly, or because of a bug in the operator, and its status does not show that.',
  ),
];

/** Events of kinds with objects of their own. */
const OF_OBJECTS = [
  normal('Created', 'Objects of the resource were created.'),
  normal('Updated', 'Objects of the resource were changed, because the resource or the operator changed.'),
  normal('Adopted', 'Objects that an earlier release created were taken over.'),
  warning('Repaired', 'Objects of the resource were changed by another client, and changed back.'),
  normal('Deleted', 'An object that the resource no longer needs was deleted.'),
  warning('Refused', 'The API server refuses to create or change an object. The request is repeated.'),
];

const OF_VERIFICATIONS = [
  warning('VerificationFailed', 'A backup failed verification, or the verification itself failed.'),
  normal('VerificationSucceeded', 'A verification succeeded for the first time after a failure.'),
];

const NO_PROGRESS = warning('NoProgress', 'The Job or pod of a restore makes no progress; the message names the cause.');

const BACKUPS_PASSED_OVER = warning(
  'BackupsPassedOver',
  'Newer backups than the restored one were not used; the message names the causes.',
);

const VOLUME_GROWN = normal('VolumeGrown', 'A larger size was requested for a volume claim.');

/**
 * The events that the operator records on the resources of each kind, apart from those with a reason of `Ready`. The reference pages print
 * them.
 */
export const EVENTS: Readonly<Record<Kind, readonly EventDescription[]>> = {
  BotModule: [
    ...OF_OBJECTS,
    normal('Disabled', 'The Deployment was deleted because `enabled` is false.'),
    normal('Stopped', 'The Deployment was deleted because the backup must be restored into a new volume first.'),
    normal('Restarted', 'A restart was requested over the HTTP API.'),
    normal('BackupStarted', 'A backup was requested over the HTTP API.'),
    VOLUME_GROWN,
    warning('ResizeRefused', 'The condition `VolumeInSync` got this reason.'),
    warning('BackupFailing', 'The condition `BackupScheduled` got this reason.'),
    warning('NotApplied', 'The condition `ExtrasInSync` got this reason.'),
    warning('KindNotAvailable', 'The condition `ExtrasInSync` got this reason.'),
    NO_PROGRESS,
    BACKUPS_PASSED_OVER,
    ...OF_VERIFICATIONS,
    ...COMMON,
  ],
  IpcConfig: [
    ...OF_OBJECTS,
    normal('TokenGenerated', 'A token was generated.'),
    warning('TokenKept', 'A rotation was requested, but the operator did not generate the present token, and does not replace it.'),
    VOLUME_GROWN,
    ...COMMON,
  ],
  S3Store: [normal('ConnectionSuccessful', 'The store can be used again after a failure.'), ...COMMON],
  BackupSchedule: [
    ...OF_OBJECTS,
    normal('BackupSucceeded', 'A backup succeeded.'),
    warning('BackupDoubtful', 'A backup succeeded, but is doubtful; the message says why.'),
    warning('BackupIncomplete', 'A backup lacks files that could not be read.'),
    warning('BackupFailed', 'A backup failed.'),
    warning('SidecarKeptRunning', 'A Job was deleted because another container kept its pod running after the backup had ended.'),
    ...OF_VERIFICATIONS,
    ...COMMON,
  ],
  BackupRestore: [
    ...OF_OBJECTS.filter(({ reason }) => ['Created', 'Deleted', 'Refused'].includes(reason)),
    normal('Restored', 'The backup is restored.'),
    NO_PROGRESS,
    BACKUPS_PASSED_OVER,
    warning('NotReleased', 'The condition `Released` got this reason.'),
    ...COMMON,
  ],
};
