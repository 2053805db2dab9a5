import { Type, type Static } from 'typebox';
import { commonStatus } from './conditions.ts';
import { backupId, image, imagePullPolicy, objectReference, seconds, time } from './fields.ts';
import { jobFields } from './job-fields.ts';
import type { Input, ReadonlyDeep, Resource, ResourceInput } from './resource.ts';
import type { ValidationRule } from './schema/structural-schema.ts';

export const BACKUP_RESTORE_SPEC = Type.Object(
  {
    botModule: objectReference('The module whose volume is restored.', 'BotModule'),
    s3Store: objectReference('S3Store that contains the backup.', 'S3Store'),
    image: Type.Optional(image("Image of the restore Job. Default: the image of the operator's release.")),
    imagePullPolicy: imagePullPolicy('When the kubelet pulls the image.', { default: 'IfNotPresent' }),
    backupId: Type.Optional(backupId('UUID of the backup to restore. Default: the newest backup.')),
    cleanRestore: Type.Boolean({
      description:
        'Whether files that are not in the backup are removed. false keeps them and overwrites only files that are in the backup.',
      default: false,
    }),
    activeDeadlineSeconds: seconds('Time that the restore may take before it is stopped and counts as failed, in seconds.', {
      minimum: 1,
      default: 3600,
    }),
    stopTimeoutSeconds: seconds(
      'Time in seconds within which the module must stop, so that no pod uses its volume. After that, the restore fails without changing the volume, and the module is started again.',
      { minimum: 1, default: 600 },
    ),
    ...jobFields,
  },
  { description: 'Backup and module of the restore. Immutable once the Job exists.' },
);

export const BACKUP_RESTORE_STATUS = Type.Object(
  {
    ...commonStatus,
    backupId: Type.Optional(Type.String({ description: 'UUID of the backup that is or was restored.' })),
    key: Type.Optional(Type.String({ description: 'Key of its archive in the bucket.' })),
    passedOver: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Newer backups that were skipped, and why: they failed verification, lack files or are not complete.',
      }),
    ),
    foundIn: Type.Optional(
      Type.Object(
        {
          s3Store: Type.String({ description: 'Name of the S3Store.' }),
          generation: Type.Integer({ description: 'Generation of the S3Store.', format: 'int64' }),
        },
        { description: 'S3Store where the backup was found. The backup is searched again if the S3Store was replaced or changed.' },
      ),
    ),
    stopRequestedTime: Type.Optional(time('Time when the operator stopped the module.')),
    jobName: Type.Optional(Type.String({ description: 'Name of the Job. Once it is set, spec is immutable.' })),
    startTime: Type.Optional(time('Time when the Job started.')),
    completionTime: Type.Optional(time('Time when the restore ended.')),
    restoredBytes: Type.Optional(Type.Integer({ description: 'Restored file content in bytes.', format: 'int64', minimum: 0 })),
    restoredFiles: Type.Optional(Type.Integer({ description: 'Number of restored entries.', format: 'int64', minimum: 0 })),
  },
  { description: 'Observed state, written by the operator.' },
);

/** Rules over the whole resource: they see spec and status together. */
export const BACKUP_RESTORE_RULES: readonly ValidationRule[] = [
  {
    rule: '!has(oldSelf.status) || !has(oldSelf.status.jobName) || self.spec == oldSelf.spec',
    message: 'must not change once the restore Job exists, since a restore runs once: delete this BackupRestore and create another',
    fieldPath: '.spec',
    reason: 'FieldValueForbidden',
  },
];

type Spec = ReadonlyDeep<Static<typeof BACKUP_RESTORE_SPEC>>;

/** Spec of a BackupRestore as stored: fields with a default in the schema are always present. */
export interface BackupRestoreSpec extends Spec {}

/** Spec of a BackupRestore as written. */
export interface BackupRestoreSpecInput extends Input<
  Spec,
  'imagePullPolicy' | 'cleanRestore' | 'activeDeadlineSeconds' | 'stopTimeoutSeconds'
> {}

/** Status of a BackupRestore. */
export interface BackupRestoreStatus extends ReadonlyDeep<Static<typeof BACKUP_RESTORE_STATUS>> {}

/** One restore of a module's volume, as the API server returns it. */
export interface BackupRestore extends Resource<'BackupRestore', BackupRestoreSpec, BackupRestoreStatus> {}

/** A BackupRestore as a user writes it. */
export interface BackupRestoreInput extends ResourceInput<'BackupRestore', BackupRestoreSpecInput> {}
