import { VERIFICATION_MODES, type VerificationMode } from '@eeveebot/contract';
import { Type, type Static } from 'typebox';
import { commonStatus, lastBackup, lastVerification, lastVerifiedTime } from './conditions.ts';
import { count, image, imagePullPolicy, objectName, objectReference, rules, seconds, size, time } from './fields.ts';
import { resources } from './pod-fields.ts';
import { jobFields } from './job-fields.ts';
import type { Input, ReadonlyDeep, Resource, ResourceInput } from './resource.ts';

const kept = (description: string) => Type.Optional(count(description, { minimum: 0, maximum: 100_000 }));

/** Fields of `retention` that keep backups; `minAgeHours` only delays their removal. */
const KEEP_RULES = ['keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly'] as const;

const retention = Type.Object(
  {
    keepLast: kept('Number of newest backups to keep.'),
    keepHourly: kept('Number of hours that have a backup, counted from the newest, whose last backup is kept.'),
    keepDaily: kept('Number of days that have a backup, counted from the newest, whose last backup is kept.'),
    keepWeekly: kept('Number of weeks that have a backup, counted from the newest, whose last backup is kept.'),
    keepMonthly: kept('Number of months that have a backup, counted from the newest, whose last backup is kept.'),
    minAgeHours: kept('A backup younger than this many hours is always kept.'),
  },
  {
    description:
      'Backups of a module that are kept after each new backup; a backup that no field keeps is deleted. Default: all backups are kept. Never deleted: the new backup, the last complete backup, the last verified backup, and backups on hold. A backup that is empty, incomplete or much smaller than the previous one is kept in addition to the last good backups, not instead of them.',
    ...rules({
      rule: KEEP_RULES.map((field) => `(has(self.${field}) && self.${field} > 0)`).join(' || '),
      message: `would eventually delete every backup: set ${KEEP_RULES.slice(0, -1).join(', ')} or ${KEEP_RULES.at(-1)} to 1 or more, or remove retention`,
    }),
  },
);

const cronSchedule = (description: string) =>
  Type.String({
    description: `${description}: a cron expression of five fields (minute, hour, day of the month, month, day of the week) such as "30 3 * * *", or @hourly, @daily, @weekly, @monthly, @yearly. The Kubernetes API server decides whether it is valid.`,
    maxLength: 256,
    ...rules({
      // Only the shape is checked here: the API server parses the fields in a dry run of a CronJob.
      rule: String.raw`self.matches(r'^(@\S+|@every \S+|\s*\S+(\s+\S+){4}\s*)$')`,
      message:
        'must be five fields with spaces between them (minute, hour, day of the month, month, day of the week), such as "30 3 * * *", or one of @hourly, @daily, @weekly, @monthly, @yearly; put a time zone into timeZone',
    }),
  });

/** A backup that takes longer than half a day has failed; a nightly backup is retried in the next night. */
const BACKUP_DEADLINE_SECONDS = 43_200;

/** A verification that takes longer than a day has failed. */
const VERIFICATION_DEADLINE_SECONDS = 86_400;

const verification = Type.Object(
  {
    schedule: Type.Optional(cronSchedule('Schedule for verifying the newest backup of each module, in the time zone of timeZone')),
    afterEach: Type.Optional(
      Type.Boolean({
        description:
          'true verifies each backup once, directly after it has succeeded. If several backups follow each other quickly, only the newest is verified.',
      }),
    ),
    mode: Type.Unsafe<VerificationMode>({
      type: 'string',
      enum: [...VERIFICATION_MODES],
      description:
        'Checksum downloads the backup and checks its checksum and structure. Restore also unpacks it into a scratch volume as the user of the module, runs the integrity check of every SQLite database, and compares the unpacked files with the recorded ones; its Job and the scratch volume are deleted one hour after its end.',
      default: 'Checksum',
    }),
    scratchSize: Type.Optional(
      size(
        'Size of the scratch volume in mode Restore. Default: computed from the size of the last backup, 1.2 times the allocated size of its files plus 256Mi, at least 1Gi. Set it if the file system of the storage class does not support sparse files.',
      ),
    ),
    storageClassName: Type.Optional(
      objectName('StorageClass of the scratch volume in mode Restore. Default: the default class of the cluster.'),
    ),
    resources: Type.Optional(resources('CPU and memory of the verification container. Default: those of the backup container.')),
    activeDeadlineSeconds: seconds('Time that a verification may take before it is stopped and counts as failed, in seconds.', {
      minimum: 1,
      default: VERIFICATION_DEADLINE_SECONDS,
    }),
  },
  {
    description:
      'Proves that backups can be restored: a Job downloads a backup and checks it, without mounting the volume of the module. A backup that failed verification is not restored by default if an older verified backup exists.',
    ...rules({
      rule: 'has(self.schedule) != (has(self.afterEach) && self.afterEach)',
      message: 'must have exactly one of schedule and afterEach: true',
    }),
  },
);

export const BACKUP_SCHEDULE_SPEC = Type.Object(
  {
    schedule: cronSchedule('Times of the backups'),
    startWindow: Type.Optional(
      Type.String({
        description:
          'Spreads the backups of many modules: the backup of each module starts at its own fixed time within this duration after schedule, such as 30m or 2h. Default: all backups start at once. It has no effect on @every and on schedules whose times cannot be moved as a whole; backups scheduled for certain days stay on these days.',
        maxLength: 8,
        ...rules({
          rule: "self.matches(r'^([0-9]{1,2}h)?([0-9]{1,4}m)?$') && self != '' && duration(self) >= duration('1m') && duration(self) <= duration('24h')",
          message: 'must be a duration from 1m to 24h in hours and minutes, such as 30m, 2h or 1h30m',
        }),
      }),
    ),
    s3Store: objectReference('S3Store for the backups.', 'S3Store'),
    image: Type.Optional(image("Image of the backup and verification Jobs. Default: the image of the operator's release.")),
    imagePullPolicy: imagePullPolicy('When the kubelet pulls the image.', { default: 'IfNotPresent' }),
    timeZone: Type.Optional(
      Type.String({
        description: 'Time zone of schedule and verification.schedule, such as Europe/Berlin. Default: that of the cluster, usually UTC.',
        maxLength: 64,
        ...rules({
          rule: "self.matches(r'^[A-Za-z][-A-Za-z0-9_+]*(/[A-Za-z0-9][-A-Za-z0-9_+]*)*$') && self != 'Local'",
          message: 'must be a name from the IANA time zone database, such as Europe/Berlin or Etc/UTC',
        }),
      }),
    ),
    suspend: Type.Boolean({
      description: 'true stops the creation of new backups and verifications. Running ones continue.',
      default: false,
    }),
    retention: Type.Optional(retention),
    verification: Type.Optional(verification),
    successfulJobsHistoryLimit: count('Number of successful backup Jobs, and of successful verification Jobs, to keep per module.', {
      minimum: 0,
      default: 3,
    }),
    failedJobsHistoryLimit: count('Number of failed backup Jobs, and of failed verification Jobs, to keep per module.', {
      minimum: 0,
      default: 3,
    }),
    activeDeadlineSeconds: seconds(
      'Time that a backup may take before it is stopped and counts as failed, in seconds, measured from the creation of the Job, so that a Job whose pod cannot start also ends. Until then, no other backup of the module starts.',
      { minimum: 1, default: BACKUP_DEADLINE_SECONDS },
    ),
    startingDeadlineSeconds: Type.Optional(
      seconds('Time after a missed schedule during which the Job may still start, in seconds. Default: no limit.', { minimum: 10 }),
    ),
    ...jobFields,
  },
  { description: 'Schedule and destination of the backups of the modules that name this BackupSchedule.' },
);

export const BACKUP_SCHEDULE_STATUS = Type.Object(
  {
    ...commonStatus,
    targets: Type.Optional(
      Type.Unsafe<readonly BackupTarget[]>({
        type: 'array',
        description: 'Modules that name this BackupSchedule: the first 1,000 in order of their names.',
        items: Type.Object({
          module: Type.String({ description: 'Name of the BotModule.' }),
          cronJob: Type.Optional(
            Type.String({ description: "Name of the module's CronJob; absent if the module's condition BackupScheduled is False." }),
          ),
          lastBackup: Type.Optional(lastBackup('Last finished backup on this schedule; the status of the BotModule has the details.')),
          uncompressedBytes: Type.Optional(
            Type.Integer({
              description:
                'Size of the files in its last backup that reported one, in bytes. Sizes the scratch volume of verifications when allocatedBytes is not known.',
              format: 'int64',
              minimum: 0,
            }),
          ),
          allocatedBytes: Type.Optional(
            Type.Integer({
              description: 'Size of the files in that backup without their holes, in bytes. Sizes the scratch volume of verifications.',
              format: 'int64',
              minimum: 0,
            }),
          ),
          lastVerified: Type.Optional(
            lastVerification('Last finished verification of the backups of the module; the status of the BotModule has the details.'),
          ),
          lastVerifiedTime,
        }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['module'],
      }),
    ),
    backupNow: Type.Optional(
      Type.String({
        description: 'The last processed value of the annotation eevee.bot/backup-now. Modules added later are not part of that request.',
      }),
    ),
    lastScheduleTime: Type.Optional(time('Time when a backup last started.')),
    lastSuccessfulTime: Type.Optional(time('Time when a backup last succeeded.')),
  },
  { description: 'Observed state, written by the operator.' },
);

/** Result of the last backup of a module. */
export interface LastBackup extends ReadonlyDeep<Static<ReturnType<typeof lastBackup>>> {}

/** Result of the last verification of a module's backups. */
export interface LastVerification extends ReadonlyDeep<Static<ReturnType<typeof lastVerification>>> {}

/** A module that a BackupSchedule backs up. */
export interface BackupTarget {
  /** Name of the BotModule. */
  readonly module: string;
  readonly cronJob?: string;
  readonly lastBackup?: LastBackup;
  readonly uncompressedBytes?: number;
  readonly allocatedBytes?: number;
  readonly lastVerified?: LastVerification;
  readonly lastVerifiedTime?: string;
}

type Spec = ReadonlyDeep<Static<typeof BACKUP_SCHEDULE_SPEC>>;

/** Spec of a BackupSchedule as stored: fields with a default in the schema are always present. */
export interface BackupScheduleSpec extends Spec {}

/** Spec of a BackupSchedule as written. */
export interface BackupScheduleSpecInput extends Input<
  Omit<Spec, 'verification'>,
  'imagePullPolicy' | 'suspend' | 'activeDeadlineSeconds' | 'successfulJobsHistoryLimit' | 'failedJobsHistoryLimit'
> {
  readonly verification?: Input<NonNullable<Spec['verification']>, 'mode' | 'activeDeadlineSeconds'>;
}

/** Status of a BackupSchedule. */
export interface BackupScheduleStatus extends ReadonlyDeep<Static<typeof BACKUP_SCHEDULE_STATUS>> {}

/** A schedule of backups, as the API server returns it. */
export interface BackupSchedule extends Resource<'BackupSchedule', BackupScheduleSpec, BackupScheduleStatus> {}

/** A BackupSchedule as a user writes it. */
export interface BackupScheduleInput extends ResourceInput<'BackupSchedule', BackupScheduleSpecInput> {}
