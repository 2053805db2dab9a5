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
    error: Type.String({ description: 'The problem in short.' }),
    details: Type.Optional(Type.String({ description: 'The cause, and how to fix it.' })),
  },
  { description: 'Why the request was not carried out.' },
);

export const GREETING = Type.Object({ message: Type.String(), timestamp: time('Now.') });
export const API_HEALTH = Type.Object({ status: Type.Literal('ok'), timestamp: time('Now.') });
export const PROBE_PASSED = Type.Object({ status: Type.Literal('ok'), timestamp: time('Now.') });
export const PROBE_FAILED = Type.Object({
  status: Type.Literal('unavailable'),
  reason: Type.String({ description: 'Reason why it waits.' }),
  timestamp: time('Now.'),
});

const CONTAINER_STATE = Type.Object(
  {
    waiting: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    running: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    terminated: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { description: "A container's state as Kubernetes has it: one of the three, or none." },
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
        lastTransitionTime: nullable(time('When it changed.'), 'When it changed, if that is known.'),
      }),
    ),
    startedAt: nullable(time('When its node took it.'), 'When a node took it; null while none has.'),
  },
  { description: 'The pod that says most: of those that are not ending the newest that is ready, else the newest.' },
);

const LAST_BACKUP = Type.Object({
  time: time('When it ended.'),
  result: Type.Enum(['Succeeded', 'Incomplete', 'Failed']),
  id: Type.Optional(Type.String()),
  key: Type.Optional(Type.String({ description: 'Key of the archive in its bucket.' })),
  sizeBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  uncompressedBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  allocatedBytes: Type.Optional(Type.Integer({ minimum: 0, description: 'Bytes of the files without their holes.' })),
  durationSeconds: Type.Optional(Type.Number({ minimum: 0 })),
  files: Type.Optional(Type.Integer({ minimum: 0 })),
  sha256: Type.Optional(Type.String()),
  doubt: Type.Optional(Type.String({ description: 'Why it does not count as a good one.' })),
  message: Type.Optional(Type.String({ description: 'Why it failed, or what was odd.' })),
});

export const MODULE_SUMMARY = Type.Object({
  name: Type.String({ description: 'spec.moduleName: how chat knows it.' }),
  crName: Type.String({ description: 'Name of the BotModule.' }),
  namespace: Type.String(),
  image: Type.String({ description: 'spec.image, as it is written there.' }),
  tag: Type.String({ description: 'Tag of the image, or its digest; latest where it has neither.' }),
  enabled: Type.Boolean(),
  podStatus: nullable(POD_STATUS, 'null while it has no pod.'),
  ready: Type.Boolean({ description: 'Whether its condition Ready is True.' }),
  reason: Type.String({ description: 'Reason of the condition Ready.' }),
  message: Type.String({ description: 'Message of the condition Ready: the deepest cause that is known.' }),
  lastBackup: nullable(LAST_BACKUP, 'Its last backup that ended; null while none has.'),
});

export const MODULE_REFERENCE = Type.Object({
  moduleName: Type.String({ minLength: 1, description: 'Name of a BotModule, or a spec.moduleName that only one has.' }),
  namespace: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Namespace of the module. Default: the token's namespace if it has only one, else the operator's.",
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
  time: time('When it was begun, by its sidecar; when it was completed, without one.'),
  sizeBytes: Type.Integer({ minimum: 0 }),
  compression: Type.Enum(['gzip', 'zstd']),
  described: Type.Boolean({ description: 'Whether it has a sidecar with its checksum. Archives of releases before 3.0 have none.' }),
  verified: Type.Boolean({ description: 'Whether its last verification succeeded.' }),
  failed: Type.Boolean({ description: 'Whether its last verification found it damaged.' }),
  held: Type.Boolean({ description: 'Whether it is on hold, so that retention does not remove it.' }),
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
