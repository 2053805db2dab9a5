/** The five kinds as their definitions and reference pages are made of them. */
import { ANNOTATION, type Kind } from '@eeveebot/contract';
import type { TSchema } from 'typebox';
import { BACKUP_RESTORE_RULES, BACKUP_RESTORE_SPEC, BACKUP_RESTORE_STATUS } from './backup-restore.ts';
import { BACKUP_SCHEDULE_SPEC, BACKUP_SCHEDULE_STATUS } from './backup-schedule.ts';
import { BOT_MODULE_SPEC, BOT_MODULE_STATUS } from './bot-module.ts';
import { IPC_CONFIG_RULES, IPC_CONFIG_SPEC, IPC_CONFIG_STATUS } from './ipc-config.ts';
import {
  BACKUP_RESTORE_REASONS,
  BACKUP_SCHEDULE_REASONS,
  BOT_MODULE_REASONS,
  IPC_CONFIG_REASONS,
  type Reason,
  S3_STORE_REASONS,
} from './reasons/index.ts';
import { S3_STORE_SPEC, S3_STORE_STATUS } from './s3-store.ts';
import type { ValidationRule } from './structural-schema.ts';

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
}

/** Everything about one kind that its definition and reference page say. */
export interface KindDefinition {
  readonly kind: Kind;
  readonly description: string;
  readonly spec: TSchema;
  readonly status: TSchema;
  /** Rules over the whole resource. */
  readonly rules: readonly ValidationRule[];
  /** Between Ready, Reason and Age, and with `-o wide`. */
  readonly columns: readonly PrinterColumn[];
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath: string };
  readonly reasons: Readonly<Record<string, Reason>>;
  readonly otherConditions: readonly OtherCondition[];
  /** Annotations that a person may set. */
  readonly annotations: readonly { readonly key: string; readonly meaning: string }[];
}

const paused = {
  key: ANNOTATION.paused,
  meaning:
    '`"true"`: the operator leaves the resource, and what it made for it, alone until the annotation is removed. Any other value does the same, but `false`, `no`, `off` and `0`.',
};

/** Conditions that every kind has beside `Ready`, for tools that know no kind of ours. */
const progressConditions: readonly OtherCondition[] = [
  { type: 'Reconciling', meaning: 'True while a change is being carried out: with the reasons marked so in the table.' },
  {
    type: 'Stalled',
    meaning:
      'True when only a change of the spec, or a user who removes the cause, ends the state: with the reasons marked so in the table. `kstatus`, `helm --wait`, Flux and Argo CD then stop waiting.',
  },
];

const volumeInSync: OtherCondition = {
  type: 'VolumeInSync',
  meaning:
    'Present with JetStream. False when an existing claim cannot become what `jetstream` says: `ResizeRefused` when the storage class does not let it grow, `StorageClassDiffers` when it has another class, which no claim can change. Everything else of the spec is carried out, and new servers get volumes as asked for.',
};

const pausedCondition: OtherCondition = {
  type: 'Paused',
  meaning: `There, and True, while the annotation \`${ANNOTATION.paused}\` is set; the rest of the status is what it was before, and Ready's message begins with that.`,
};

/** The kinds, in the order in which a reader meets them. */
export const KIND_DEFINITIONS: readonly KindDefinition[] = [
  {
    kind: 'BotModule',
    description: 'A module of a bot (connector, router or plugin), run as one Deployment.',
    spec: BOT_MODULE_SPEC,
    status: BOT_MODULE_STATUS,
    rules: [],
    columns: [
      { name: 'Image', type: 'string', jsonPath: '.spec.image', description: 'Container image of the module.' },
      { name: 'Replicas', type: 'integer', jsonPath: '.status.readyReplicas', description: 'Pods that are ready.', priority: 1 },
      { name: 'IPC', type: 'string', jsonPath: '.spec.ipcConfig', description: 'IpcConfig that the module talks over.', priority: 1 },
      {
        name: 'Last Backup',
        type: 'date',
        jsonPath: '.status.lastBackup.time',
        description: 'When the last backup of the module ended.',
        priority: 1,
      },
      {
        name: 'Last Verified',
        type: 'date',
        jsonPath: '.status.lastVerifiedTime',
        description: 'When a backup of the module was last verified successfully.',
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
          'There while `bootstrapFromBackup` is set: whether the volume has been restored or holds data already, so that the module may start.',
      },
      {
        type: 'BackupScheduled',
        meaning: 'There while `backupSchedule` is set: whether a CronJob backs the module up; when not, the message says why.',
      },
      {
        type: 'ExtrasInSync',
        meaning:
          'There while the module has a Service, a PodMonitor or, with several pods, a PodDisruptionBudget: whether they are as the spec says; when not, the message says why.',
      },
      pausedCondition,
    ],
    annotations: [paused],
  },
  {
    kind: 'IpcConfig',
    description: 'How the modules of a bot reach each other: a NATS that the operator runs, or one run elsewhere.',
    spec: IPC_CONFIG_SPEC,
    status: IPC_CONFIG_STATUS,
    rules: IPC_CONFIG_RULES,
    columns: [
      { name: 'Host', type: 'string', jsonPath: '.status.natsHost', description: 'Host that modules are given.' },
      { name: 'Servers', type: 'integer', jsonPath: '.status.readyReplicas', description: 'NATS servers that are ready.', priority: 1 },
    ],
    reasons: IPC_CONFIG_REASONS,
    otherConditions: [...progressConditions, volumeInSync, pausedCondition],
    annotations: [
      paused,
      {
        key: ANNOTATION.rotateToken,
        meaning:
          'Whenever the value changes, a generated token is replaced by a new one; NATS and the modules that use it restart with it.',
      },
    ],
  },
  {
    kind: 'S3Store',
    description: 'A bucket of an S3 server that backups go to and come from. The connection is tested regularly.',
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
        description: 'When the connection was last tested.',
        priority: 1,
      },
    ],
    reasons: S3_STORE_REASONS,
    otherConditions: [...progressConditions, pausedCondition],
    annotations: [paused],
  },
  {
    kind: 'BackupSchedule',
    description: 'When the volumes of the modules that name it are backed up to an S3Store.',
    spec: BACKUP_SCHEDULE_SPEC,
    status: BACKUP_SCHEDULE_STATUS,
    rules: [],
    columns: [
      { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule', description: 'When backups are made.' },
      {
        name: 'Verified',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Verified")].status',
        description: 'Whether the last verification of every module succeeded; empty without verification.',
      },
      { name: 'Store', type: 'string', jsonPath: '.spec.s3Store.name', description: 'S3Store that they go to.', priority: 1 },
      {
        name: 'Last Success',
        type: 'date',
        jsonPath: '.status.lastSuccessfulTime',
        description: 'When a backup last succeeded.',
        priority: 1,
      },
    ],
    reasons: BACKUP_SCHEDULE_REASONS,
    otherConditions: [
      ...progressConditions,
      {
        type: 'Verified',
        meaning:
          'Present while `verification` is set. True with reason `Verified`: the last verification of every module succeeded. False with reason `VerificationFailed`: one failed; the message names the module, the backup and the cause. Unknown with reason `NotVerifiedYet` or `NoTargets`: a module has no verification that ended, or there is no module.',
      },
      pausedCondition,
    ],
    annotations: [paused, { key: ANNOTATION.backupNow, meaning: 'Whenever the value changes, all targets are backed up once, now.' }],
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
      { name: 'Finished', type: 'date', jsonPath: '.status.completionTime', description: 'When the restore ended.', priority: 1 },
    ],
    reasons: BACKUP_RESTORE_REASONS,
    otherConditions: [...progressConditions, pausedCondition],
    annotations: [paused],
  },
];
