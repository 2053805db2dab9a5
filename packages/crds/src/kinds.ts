/** The five kinds, with everything that their definitions and reference pages contain. */
import { ANNOTATION, type Kind } from '@eeveebot/contract';
import type { TSchema } from 'typebox';
import { BACKUP_RESTORE_RULES, BACKUP_RESTORE_SPEC, BACKUP_RESTORE_STATUS } from './backup-restore.ts';
import { BACKUP_SCHEDULE_SPEC, BACKUP_SCHEDULE_STATUS } from './backup-schedule.ts';
import { BOT_MODULE_SPEC, BOT_MODULE_STATUS } from './bot-module.ts';
import { IPC_CONFIG_RULES, IPC_CONFIG_SPEC, IPC_CONFIG_STATUS } from './ipc-config.ts';
import {
  BACKUP_RESTORE_REASONS,
  BACKUP_SCHEDULE_REASONS,
  BACKUP_SCHEDULED_REASONS,
  BOT_MODULE_REASONS,
  type ConditionReasons,
  EXTRAS_IN_SYNC_REASONS,
  IPC_CONFIG_REASONS,
  JETSTREAM_VOLUME_IN_SYNC_REASONS,
  type Reason,
  S3_STORE_REASONS,
  VERIFIED_REASONS,
  VOLUME_IN_SYNC_REASONS,
} from './reasons/index.ts';
import { S3_STORE_SPEC, S3_STORE_STATUS } from './s3-store.ts';
import type { ValidationRule } from './schema/structural-schema.ts';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean';
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/** A condition other than `Ready`. */
export interface OtherCondition {
  readonly type: string;
  readonly meaning: string;
  /** Its own reasons; absent if it always has that of `Ready`. */
  readonly reasons?: ConditionReasons;
}

/** Contents of a kind's definition and reference page. */
export interface KindDefinition {
  readonly kind: Kind;
  readonly description: string;
  readonly spec: TSchema;
  readonly status: TSchema;
  /** Rules over the whole resource. */
  readonly rules: readonly ValidationRule[];
  /** Columns between Ready, Reason and Age, and those of `-o wide`. */
  readonly columns: readonly PrinterColumn[];
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath: string };
  readonly reasons: Readonly<Record<string, Reason>>;
  readonly otherConditions: readonly OtherCondition[];
  /** Annotations that a user may set. */
  readonly annotations: readonly { readonly key: string; readonly meaning: string }[];
}

const paused = {
  key: ANNOTATION.paused,
  meaning:
    '`"true"`: the operator changes neither the resource nor the objects it created for it until the annotation is removed. Any value other than `false`, `no`, `off` and `0` has the same effect.',
};

/** Conditions that every kind has besides `Ready`, for tools that do not know the kinds. */
const progressConditions: readonly OtherCondition[] = [
  { type: 'Reconciling', meaning: 'True while a change is being carried out, with the reasons that the table marks.' },
  {
    type: 'Stalled',
    meaning:
      'True when only a change of the spec, or a user who removes the cause, ends the state, with the reasons that the table marks. `kstatus`, `helm --wait`, Flux and Argo CD then stop waiting.',
  },
];

const REST_IS_APPLIED = 'The rest of the spec is applied';

const pausedCondition: OtherCondition = {
  type: 'Paused',
  meaning: `Present and True, with reason \`PausedByAnnotation\`, while the annotation \`${ANNOTATION.paused}\` is set; the rest of the status does not change, and the message of Ready begins with the pause.`,
};

/** The kinds, in the order of the documentation. */
export const KIND_DEFINITIONS: readonly KindDefinition[] = [
  {
    kind: 'BotModule',
    description: 'A module of a bot (connector, router or plugin), run as one Deployment.',
    spec: BOT_MODULE_SPEC,
    status: BOT_MODULE_STATUS,
    rules: [],
    columns: [
      { name: 'Image', type: 'string', jsonPath: '.spec.image', description: 'Container image of the module.' },
      { name: 'Replicas', type: 'integer', jsonPath: '.status.readyReplicas', description: 'Number of ready pods.', priority: 1 },
      { name: 'IPC', type: 'string', jsonPath: '.spec.ipcConfig', description: 'IpcConfig that the module uses.', priority: 1 },
      {
        name: 'Last Backup',
        type: 'date',
        jsonPath: '.status.lastBackup.time',
        description: 'Time when the last backup of the module ended.',
        priority: 1,
      },
      {
        name: 'Last Verified',
        type: 'date',
        jsonPath: '.status.lastVerifiedTime',
        description: 'Time when a backup of the module was last verified successfully.',
        priority: 1,
      },
    ],
    scale: {
      specReplicasPath: '.spec.size',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
    reasons: BOT_MODULE_REASONS,
    otherConditions: [
      ...progressConditions,
      {
        type: 'Bootstrapped',
        meaning:
          'Present while `bootstrapFromBackup` is set. True with reason `VolumeInUse` when the volume was restored or already contains data, so that the module may start. Before that, its reason is that of `Ready`.',
      },
      {
        type: 'VolumeInSync',
        meaning: `Present while \`persistentVolumeClaim\` is set. False when the existing claim cannot be changed to match it. ${REST_IS_APPLIED}.`,
        reasons: VOLUME_IN_SYNC_REASONS,
      },
      {
        type: 'BackupScheduled',
        meaning:
          'Present while `backupSchedule` is set. True when a CronJob backs up the module; otherwise the message gives the cause. While the BackupSchedule cannot create the CronJob, its reason is that of the `Ready` of the BackupSchedule.',
        reasons: BACKUP_SCHEDULED_REASONS,
      },
      {
        type: 'ExtrasInSync',
        meaning:
          'Present while the module has a Service, a PodMonitor or, with several pods, a PodDisruptionBudget. True when they match the spec; otherwise the message gives the cause.',
        reasons: EXTRAS_IN_SYNC_REASONS,
      },
      pausedCondition,
    ],
    annotations: [paused],
  },
  {
    kind: 'IpcConfig',
    description: 'Communication between the modules of a bot: a NATS that the operator runs, or an external one.',
    spec: IPC_CONFIG_SPEC,
    status: IPC_CONFIG_STATUS,
    rules: IPC_CONFIG_RULES,
    columns: [
      { name: 'Host', type: 'string', jsonPath: '.status.natsHost', description: 'Host that modules connect to.' },
      { name: 'Servers', type: 'integer', jsonPath: '.status.readyReplicas', description: 'Number of ready NATS servers.', priority: 1 },
    ],
    reasons: IPC_CONFIG_REASONS,
    otherConditions: [
      ...progressConditions,
      {
        type: 'VolumeInSync',
        meaning: `Present with JetStream. False when an existing claim cannot be changed to match \`jetstream\`. ${REST_IS_APPLIED}, and new servers get volumes that match.`,
        reasons: JETSTREAM_VOLUME_IN_SYNC_REASONS,
      },
      pausedCondition,
    ],
    annotations: [
      paused,
      {
        key: ANNOTATION.rotateToken,
        meaning: 'Each change of the value replaces a generated token; NATS and the modules that use it restart with the new token.',
      },
    ],
  },
  {
    kind: 'S3Store',
    description: 'A bucket of an S3 server for backups. The operator tests the connection at regular intervals.',
    spec: S3_STORE_SPEC,
    status: S3_STORE_STATUS,
    rules: [],
    columns: [
      { name: 'Bucket', type: 'string', jsonPath: '.spec.bucket', description: 'Name of the bucket.' },
      { name: 'Endpoint', type: 'string', jsonPath: '.spec.endpoint', description: 'URL of the S3 server.', priority: 1 },
      {
        name: 'Tested',
        type: 'date',
        jsonPath: '.status.lastConnectionTest.time',
        description: 'Time of the last connection test.',
        priority: 1,
      },
    ],
    reasons: S3_STORE_REASONS,
    otherConditions: [...progressConditions, pausedCondition],
    annotations: [paused],
  },
  {
    kind: 'BackupSchedule',
    description: 'A schedule for backups of the volumes of the modules that name it, to an S3Store.',
    spec: BACKUP_SCHEDULE_SPEC,
    status: BACKUP_SCHEDULE_STATUS,
    rules: [],
    columns: [
      { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule', description: 'Cron expression of the backups.' },
      {
        name: 'Verified',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Verified")].status',
        description: 'Whether the last verification of every module succeeded; empty without verification.',
      },
      { name: 'Store', type: 'string', jsonPath: '.spec.s3Store.name', description: 'S3Store of the backups.', priority: 1 },
      {
        name: 'Last Success',
        type: 'date',
        jsonPath: '.status.lastSuccessfulTime',
        description: 'Time when a backup last succeeded.',
        priority: 1,
      },
    ],
    reasons: BACKUP_SCHEDULE_REASONS,
    otherConditions: [
      ...progressConditions,
      {
        type: 'Verified',
        meaning: 'Present while `verification` is set.',
        reasons: VERIFIED_REASONS,
      },
      pausedCondition,
    ],
    annotations: [
      paused,
      { key: ANNOTATION.backupNow, meaning: 'Each change of the value starts one backup of every target immediately.' },
    ],
  },
  {
    kind: 'BackupRestore',
    description: "One restore of a module's volume from a backup. It runs once; delete and create it again to repeat it.",
    spec: BACKUP_RESTORE_SPEC,
    status: BACKUP_RESTORE_STATUS,
    rules: BACKUP_RESTORE_RULES,
    columns: [
      { name: 'Module', type: 'string', jsonPath: '.spec.botModule.name', description: 'BotModule whose volume is restored.' },
      { name: 'Backup', type: 'string', jsonPath: '.status.backupId', description: 'Backup that is or was restored.', priority: 1 },
      { name: 'Finished', type: 'date', jsonPath: '.status.completionTime', description: 'Time when the restore ended.', priority: 1 },
    ],
    reasons: BACKUP_RESTORE_REASONS,
    otherConditions: [
      ...progressConditions,
      {
        type: 'Released',
        meaning:
          'Present, False and with reason `NotReleased` while the API server refuses to release what the restore held: CronJobs, which make no backups until then, the volume, which is not marked as restored, or the finalizer of a deleted BackupRestore. The message gives the cause; the operator keeps trying.',
      },
      pausedCondition,
    ],
    annotations: [paused],
  },
];
