import { labelValue } from './names.ts';

/** Label keys. Selectors use those under `eevee.bot/`, so existing objects depend on them. */
export const LABEL = {
  app: 'app',
  module: 'eevee.bot/module',
  natsServer: 'eevee.bot/nats-server',
  ipcConfig: 'eevee.bot/ipcconfig',
  backupSchedule: 'eevee.bot/backup-schedule',
  backupRestore: 'eevee.bot/backup-restore',
} as const;

/** Annotation keys. */
export const ANNOTATION = {
  /** On a PVC, `"true"`: its data has been restored or is live; never bootstrap over it. */
  bootstrapped: 'eevee.bot/bootstrapped',
  /** On a PVC: uid of the claim on which `bootstrapped` was set. A claim with another uid has not been restored. */
  bootstrappedClaim: 'eevee.bot/bootstrapped-claim',
  /** On a resource, `"true"`: the operator changes neither it nor the objects that belong to it. */
  paused: 'eevee.bot/paused',
  /** On a Job that restores or verifies a backup: identity and key of that backup. */
  backupId: 'eevee.bot/backup-id',
  backupKey: 'eevee.bot/backup-key',
  /** On a verification Job: how the backup is verified, one of `VERIFICATION_MODES`. */
  verificationMode: 'eevee.bot/verification-mode',
  /** On a restore Job: the newer backups that were skipped, and why. */
  backupsPassedOver: 'eevee.bot/backups-passed-over',
  /** On a BackupSchedule: each change of the value backs up all targets once. */
  backupNow: 'eevee.bot/backup-now',
  /** On an IpcConfig: each change of the value replaces the generated token. */
  rotateToken: 'eevee.bot/rotate-token',
  /** On a BackupRestore that has ended: its outcome and its name, such as `Succeeded back`. It is not run again, even without its status. */
  restoreEnded: 'eevee.bot/restore-ended',
  /** On a CronJob: uid of the BackupRestore for which it is suspended. */
  suspendedFor: 'eevee.bot/suspended-for',
  /** On the Job of a BackupRestore: generation of the spec that it was created for. */
  restoreGeneration: 'eevee.bot/restore-generation',
  /** On a Job that restores a backup, and on the Deployment of a module with `bootstrapFromBackup`: uid of the claim that it writes to. */
  claimUid: 'eevee.bot/claim-uid',
  /** On every object that the operator applies: checksum of the last applied state. */
  applied: 'eevee.bot/applied',
  /** On an operator's Lease: the Helm release of the operator, `namespace/name`. */
  operatorRelease: 'eevee.bot/operator-release',
  /** On an operator's Lease, `"all"`: the operator watches all namespaces. */
  watches: 'eevee.bot/watches',
  /** On an operator's Lease, `"true"`: the holder renews it only when another process requests that. */
  renewedOnDemand: 'eevee.bot/renewed-on-demand',
  /** On an operator's Lease: identity of the process that requests its renewal. */
  askedBy: 'eevee.bot/asked-by',
  /** On a pod template: rolls the pods when the hashed content changes. */
  configChecksum: 'eevee.bot/config-checksum',
  /** On a pod template: rolls the pods when the NATS token or host changes. */
  natsChecksum: 'eevee.bot/nats-checksum',
  /** On a pod template: rolls the pods when their token of the operator's HTTP API changes. */
  apiTokenChecksum: 'eevee.bot/api-token-checksum',
  /** On a pod template: rolls the pods when a Secret with variables of the module changes. */
  secretChecksum: 'eevee.bot/secret-checksum',
  /** On a pod template: time of the last requested rolling restart (kubectl uses the same key). */
  restartedAt: 'kubectl.kubernetes.io/restartedAt',
} as const;

/**
 * On every volume claim: Argo CD must not delete data that is in no manifest. It tracks the objects of an application by label, and
 * treats claims with the application's label as leftovers.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
 */
export const KEEP_DATA_ANNOTATIONS = {
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
} as const;

/** Finalizers. */
export const FINALIZER = {
  /** On a BackupRestore while its Job exists: the resource remains until no Job writes to the volume. */
  restore: 'eevee.bot/restore',
} as const;

/** Value of the `app` label on every module pod. */
export const APP = 'eevee.bot';

/** `app.kubernetes.io/name` of the Jobs that back up, restore and verify, and of their pods. */
export const BACKUP_APP_NAME = 'eevee-backup';

/** Command of the backup tool, and the `app.kubernetes.io/component` of the Job that runs it and of its pods. */
export type BackupCommand = 'backup' | 'restore' | 'verify';

/**
 * Whether a Job, CronJob or pod of the backup tool runs `command`. Only `restore` uses the module's volume exclusively, only
 * `backup` creates backups, and `verify` never mounts the volume.
 */
export const runsBackupCommand = (
  { metadata }: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } },
  command: BackupCommand,
): boolean => metadata.labels?.['app.kubernetes.io/component'] === command;

/** The recommended labels of Kubernetes, for one object. */
export interface CommonLabels {
  /** Application that the object is a part of, e.g. `bot-module` or `nats`. */
  name: string;
  /** Name of the resource that the object was created for. */
  instance: string;
  /** Its role, e.g. `module`, `ipc`, `backup`. */
  component: string;
}

/**
 * The `app.kubernetes.io/*` labels that every object carries.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function commonLabels({ name, instance, component }: CommonLabels): Record<string, string> {
  return {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/instance': labelValue(instance),
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/managed-by': 'eevee-operator',
    'app.kubernetes.io/part-of': 'eevee',
  };
}

/**
 * The whole selector of a module's Deployment. A selector is immutable: with another one an existing
 * Deployment could not be adopted in place.
 */
export const moduleSelector = (botModule: string): Record<string, string> => ({
  [LABEL.app]: APP,
  [LABEL.module]: labelValue(botModule),
});

/** The whole selector of an IpcConfig's NATS workload and Services. */
export const natsSelector = (ipcConfig: string): Record<string, string> => ({
  [LABEL.natsServer]: 'true',
  [LABEL.ipcConfig]: labelValue(ipcConfig),
});
