/** Requests and responses of the HTTP API: types for the code, and schemas for its OpenAPI document. */
import { Type, type Static, type TSchema } from 'typebox';

type ReadonlyDeep<T> = T extends readonly (infer Element)[]
  ? readonly ReadonlyDeep<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> }
    : T;
type Answer<Schema extends TSchema> = ReadonlyDeep<Static<Schema>>;

const time = (description: string) => Type.String({ format: 'date-time', description });
const nullable = <Schema extends TSchema>(schema: Schema, description: string) => Type.Union([schema, Type.Null()], { description });

export const ERROR = Type.Object(
  {
    error: Type.String({ description: 'Short description of the error.' }),
    details: Type.Optional(Type.String({ description: 'The cause, and how to fix it.' })),
  },
  { description: 'Error that prevented the request.' },
);

export const GREETING = Type.Object({ message: Type.String(), timestamp: time('Now.') });
export const API_HEALTH = Type.Object({ status: Type.Literal('ok'), timestamp: time('Now.') });
export const PROBE_PASSED = Type.Object({ status: Type.Literal('ok'), timestamp: time('Now.') });
export const PROBE_FAILED = Type.Object({
  status: Type.Literal('unavailable'),
  reason: Type.String({ description: 'Cause of the failed check.' }),
  timestamp: time('Now.'),
});

const CONTAINER_STATE = Type.Object(
  {
    waiting: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    running: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    terminated: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { description: 'State of a container as in Kubernetes: at most one of the three is set.' },
);

const POD_STATUS = Type.Object(
  {
    phase: Type.String({ description: 'Pending, Running, Succeeded, Failed or Unknown.' }),
    ready: Type.Boolean(),
    restartCount: Type.Integer({ minimum: 0, description: 'Sum over all containers.' }),
    containerStatuses: Type.Array(
      Type.Object({
        name: Type.String(),
        ready: Type.Boolean(),
        restartCount: Type.Integer({ minimum: 0 }),
        image: Type.String(),
        state: CONTAINER_STATE,
        lastState: CONTAINER_STATE,
      }),
    ),
    conditions: Type.Array(
      Type.Object({
        type: Type.String(),
        status: Type.String(),
        lastTransitionTime: nullable(time('When the status changed.'), 'When the status changed, if known.'),
      }),
    ),
    startedAt: nullable(time('When the kubelet accepted the pod.'), 'When the kubelet accepted the pod; null before that.'),
  },
  { description: 'The most relevant pod: the newest ready pod that is not terminating, or else the newest pod.' },
);

const LAST_BACKUP = Type.Object({
  time: time('When the backup ended.'),
  result: Type.Enum(['Succeeded', 'Incomplete', 'Failed']),
  id: Type.Optional(Type.String()),
  key: Type.Optional(Type.String({ description: 'Key of the archive in its bucket.' })),
  sizeBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  uncompressedBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  allocatedBytes: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Size of the files in bytes, without the holes of sparse files.' }),
  ),
  durationSeconds: Type.Optional(Type.Number({ minimum: 0 })),
  files: Type.Optional(Type.Integer({ minimum: 0 })),
  sha256: Type.Optional(Type.String()),
  doubt: Type.Optional(Type.String({ description: 'Reason why the backup does not count as good.' })),
  message: Type.Optional(Type.String({ description: 'Cause of the failure, or warnings.' })),
});

export const MODULE_SUMMARY = Type.Object({
  name: Type.String({ description: 'spec.moduleName, the name of the module in chat.' }),
  crName: Type.String({ description: 'Name of the BotModule.' }),
  namespace: Type.String(),
  image: Type.String({ description: 'Value of spec.image.' }),
  tag: Type.String({ description: 'Tag or digest of the image; latest if it has neither.' }),
  enabled: Type.Boolean(),
  podStatus: nullable(POD_STATUS, 'null while the module has no pod.'),
  ready: Type.Boolean({ description: 'Whether the condition Ready is True.' }),
  reason: Type.String({ description: 'Reason of the condition Ready.' }),
  message: Type.String({ description: 'Message of the condition Ready, with the deepest known cause.' }),
  lastBackup: nullable(LAST_BACKUP, 'Last finished backup; null before the first one.'),
});

export const MODULE_REFERENCE = Type.Object({
  moduleName: Type.String({ minLength: 1, description: 'Name of a BotModule, or a spec.moduleName that is unique in the namespace.' }),
  namespace: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Namespace of the module. Default: the namespace of the token if it is valid for only one, otherwise that of the operator.',
    }),
  ),
});

export const DONE = Type.Object({ message: Type.String({ description: 'The action that was taken.' }) });

export const BACKUP_STARTED = Type.Object({
  message: Type.String({ description: 'The action that was taken.' }),
  job: Type.String({ description: 'Name of the Job that makes the backup.' }),
});

export const BACKUP = Type.Object({
  id: Type.String({ description: 'Value for spec.backupId of a BackupRestore.' }),
  key: Type.String({ description: 'Key of the archive in its bucket.' }),
  s3Store: Type.String({ description: 'Name of the S3Store.' }),
  time: time('When the backup started, according to its sidecar; without a sidecar, when it was completed.'),
  sizeBytes: Type.Integer({ minimum: 0 }),
  compression: Type.Enum(['gzip', 'zstd']),
  described: Type.Boolean({ description: 'Whether the backup has a sidecar with its checksum. Archives of releases before 3.0 do not.' }),
  verified: Type.Boolean({ description: 'Whether the last verification of the backup succeeded.' }),
  failed: Type.Boolean({ description: 'Whether the last verification found that the backup is damaged.' }),
  held: Type.Boolean({ description: 'Whether the backup is on hold, so that retention does not remove it.' }),
});

/** A module, as `GET /api/bot-modules` lists it. */
export type ModuleSummary = Answer<typeof MODULE_SUMMARY>;
/** A module's pod, as `GET /api/bot-modules` shows it. */
export type PodStatus = Answer<typeof POD_STATUS>;
/** The module that a request names. */
export type ModuleReference = Answer<typeof MODULE_REFERENCE>;
/** Response of an action. */
export type Done = Answer<typeof DONE>;
/** Response of an action that started a backup. */
export type BackupStarted = Answer<typeof BACKUP_STARTED>;
/** A backup, as `GET /api/backups` lists it. */
export type Backup = Answer<typeof BACKUP>;
