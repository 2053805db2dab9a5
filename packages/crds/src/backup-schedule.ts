import { Type, type Static } from 'typebox';
import { commonStatus, lastBackup } from './conditions.ts';
import { count, image, imagePullPolicy, objectReference, rules, seconds, time } from './fields.ts';
import { resources } from './pod-fields.ts';
import type { Input, ReadonlyDeep, Resource, ResourceInput } from './resource.ts';

const kept = (description: string) => Type.Optional(count(description, { minimum: 0, maximum: 100_000 }));

const retention = Type.Object(
  {
    keepLast: kept('How many of the newest backups stay.'),
    keepDaily: kept('For how many days, counted from the newest backup, the last backup of the day stays.'),
    keepWeekly: kept('For how many weeks the last backup of the week stays.'),
    keepMonthly: kept('For how many months the last backup of the month stays.'),
    minAgeHours: kept('A backup younger than this many hours stays in any case.'),
  },
  {
    description:
      'Which backups of a module stay when a new one has been made; what no field keeps is deleted. Everything stays unless given.',
    ...rules({
      rule: ['keepLast', 'keepDaily', 'keepWeekly', 'keepMonthly'].map((field) => `(has(self.${field}) && self.${field} > 0)`).join(' || '),
      message: 'would delete every backup in the end: set keepLast, keepDaily, keepWeekly or keepMonthly to 1 or more, or remove retention',
    }),
  },
);

export const BACKUP_SCHEDULE_SPEC = Type.Object(
  {
    schedule: Type.String({
      description:
        'When backups are made: a cron expression of five fields (minute, hour, day of the month, month, day of the week) such as "30 3 * * *", or @hourly, @daily, @weekly, @monthly, @yearly.',
      maxLength: 256,
      ...rules({
        rule: "self.matches(r'^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every [0-9.]+[a-zµ]+([0-9.]+[a-zµ]+)*|[-0-9a-zA-Z*/,?]+( +[-0-9a-zA-Z*/,?]+){4})$')",
        message:
          'must be five fields with spaces between them (minute, hour, day of the month, month, day of the week), such as "30 3 * * *", or one of @hourly, @daily, @weekly, @monthly, @yearly; a time zone goes to timeZone',
      }),
    }),
    s3Store: objectReference('Where the backups go.', 'S3Store'),
    image: Type.Optional(image("Image of the backup Jobs. The backup image of the operator's own release unless given.")),
    imagePullPolicy: imagePullPolicy('When the node fetches the image.', { default: 'IfNotPresent' }),
    timeZone: Type.Optional(
      Type.String({
        description: "Time zone of schedule, such as Europe/Berlin. The cluster's own (mostly UTC) unless given.",
        maxLength: 64,
        ...rules({
          rule: "self.matches(r'^[A-Za-z][-A-Za-z0-9_+]*(/[A-Za-z0-9][-A-Za-z0-9_+]*)*$') && self != 'Local'",
          message: 'must be a name of the IANA time zone database, such as Europe/Berlin or Etc/UTC',
        }),
      }),
    ),
    suspend: Type.Boolean({ description: 'Whether the schedule rests. A running backup goes on.', default: false }),
    retention: Type.Optional(retention),
    successfulJobsHistoryLimit: count('How many Jobs that succeeded are kept for each module.', { minimum: 0, default: 3 }),
    failedJobsHistoryLimit: count('How many Jobs that failed are kept for each module.', { minimum: 0, default: 3 }),
    activeDeadlineSeconds: Type.Optional(
      seconds('How long a backup may take before it is stopped and counts as failed. Without end unless given.', { minimum: 1 }),
    ),
    startingDeadlineSeconds: Type.Optional(
      seconds('How late a backup may still start when its time was missed. However late unless given.', { minimum: 10 }),
    ),
    resources: Type.Optional(resources('CPU and memory of the backup container.')),
  },
  { description: 'When the modules that name this schedule are backed up, and where to.' },
);

export const BACKUP_SCHEDULE_STATUS = Type.Object(
  {
    ...commonStatus,
    targets: Type.Optional(
      Type.Unsafe<readonly BackupTarget[]>({
        type: 'array',
        description: 'The modules that name this schedule.',
        items: Type.Object({
          module: Type.String({ description: 'Name of the BotModule.' }),
          cronJob: Type.Optional(
            Type.String({ description: "Name of its CronJob; there is none when the module's condition BackupScheduled is False." }),
          ),
          lastBackup: Type.Optional(lastBackup('Its last backup that ended.')),
        }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['module'],
      }),
    ),
    lastScheduleTime: Type.Optional(time('When a backup was last started.')),
    lastSuccessfulTime: Type.Optional(time('When a backup last succeeded.')),
  },
  { description: 'What is observed; written by the operator.' },
);

/** What the last backup of a module gave. */
export interface LastBackup extends ReadonlyDeep<Static<ReturnType<typeof lastBackup>>> {}

/** A module that a BackupSchedule backs up. */
export interface BackupTarget {
  /** Name of the BotModule. */
  readonly module: string;
  readonly cronJob?: string;
  readonly lastBackup?: LastBackup;
}

type Spec = ReadonlyDeep<Static<typeof BACKUP_SCHEDULE_SPEC>>;

/** Spec of a BackupSchedule as stored: fields with a default in the schema are always there. */
export interface BackupScheduleSpec extends Spec {}

/** Spec of a BackupSchedule as written. */
export interface BackupScheduleSpecInput extends Input<
  Spec,
  'imagePullPolicy' | 'suspend' | 'successfulJobsHistoryLimit' | 'failedJobsHistoryLimit'
> {}

/** Status of a BackupSchedule. */
export interface BackupScheduleStatus extends ReadonlyDeep<Static<typeof BACKUP_SCHEDULE_STATUS>> {}

/** When modules are backed up, as the API server returns it. */
export interface BackupSchedule extends Resource<'BackupSchedule', BackupScheduleSpec, BackupScheduleStatus> {}

/** A BackupSchedule as a person writes it. */
export interface BackupScheduleInput extends ResourceInput<'BackupSchedule', BackupScheduleSpecInput> {}
