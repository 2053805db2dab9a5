import { type Cases, NO_IMAGE, NO_SELECTING_LABEL } from './case.ts';

const minimal = { schedule: '30 3 * * *', s3Store: { name: 'backups' } };
const defaults = {
  imagePullPolicy: 'IfNotPresent',
  suspend: false,
  activeDeadlineSeconds: 43_200,
  successfulJobsHistoryLimit: 3,
  failedJobsHistoryLimit: 3,
};
const NO_SCHEDULE =
  'must be five fields with spaces between them (minute, hour, day of the month, month, day of the week), such as "30 3 * * *", or one of @hourly, @daily, @weekly, @monthly, @yearly; put a time zone into timeZone';
const NOTHING_KEPT =
  'spec.retention: Invalid value: would eventually delete every backup: set keepLast, keepHourly, keepDaily, keepWeekly or keepMonthly to 1 or more, or remove retention';
const ONE_TRIGGER = 'spec.verification: Invalid value: must have exactly one of schedule and afterEach: true';
const verificationDefaults = { ...defaults, verification: { mode: 'Checksum', activeDeadlineSeconds: 86_400 } };

export const backupSchedule: Cases = {
  accepted: [
    { title: 'a minimal one', spec: minimal, defaults },
    { title: 'a name for a schedule', spec: { ...minimal, schedule: '@daily' }, defaults },
    { title: 'steps from a number on, which Kubernetes takes', spec: { ...minimal, schedule: '0/15 * * * *' }, defaults },
    { title: 'lists, ranges, steps and names', spec: { ...minimal, schedule: '*/15 8-18,22 1,15 JAN-mar MON-5' }, defaults },
    {
      title: 'one with everything',
      spec: {
        ...minimal,
        image: 'team/backup:1',
        imagePullPolicy: 'Never',
        timeZone: 'America/Argentina/Buenos_Aires',
        suspend: true,
        startWindow: '1h30m',
        retention: { keepLast: 3, keepHourly: 24, keepDaily: 7, keepWeekly: 4, keepMonthly: 12, minAgeHours: 24 },
        successfulJobsHistoryLimit: 0,
        failedJobsHistoryLimit: 10,
        activeDeadlineSeconds: 7200,
        startingDeadlineSeconds: 600,
        resources: { limits: { memory: '256Mi' } },
        podLabels: { team: 'bots' },
        podAnnotations: { 'linkerd.io/inject': 'enabled' },
        imagePullSecrets: [{ name: 'registry' }],
        priorityClassName: 'low',
        verification: {
          schedule: '@weekly',
          mode: 'Restore',
          scratchSize: '20Gi',
          storageClassName: 'fast',
          resources: { limits: { memory: '256Mi' } },
          activeDeadlineSeconds: 3600,
        },
      },
    },
    { title: 'a verification after each backup', spec: { ...minimal, verification: { afterEach: true } }, defaults: verificationDefaults },
    {
      title: 'a verification on a schedule of its own',
      spec: { ...minimal, verification: { schedule: '0 5 * * 0', afterEach: false } },
      defaults: verificationDefaults,
    },
    { title: 'a retention by hours', spec: { ...minimal, retention: { keepHourly: 24 } }, defaults },
  ],
  refused: [
    {
      title: 'pod labels that would make the pods servers of an IpcConfig',
      spec: { ...minimal, podLabels: { 'eevee.bot/nats-server': 'true', 'eevee.bot/ipcconfig': 'main' } },
      problems: [`spec.podLabels: Invalid value: must not set app, ${NO_SELECTING_LABEL}`],
    },
    ...['90s', '25h', '0m', '', '1441m'].map((startWindow) => ({
      title: `a start window of ${startWindow || 'nothing'}`,
      spec: { ...minimal, startWindow },
      problems: [
        `spec.startWindow: Invalid value: "${startWindow}": must be a duration from 1m to 24h in hours and minutes, such as 30m, 2h or 1h30m`,
      ],
    })),
    { title: 'nothing', spec: {}, problems: ['spec.schedule: Required value', 'spec.s3Store: Required value'] },
    { title: 'a word', spec: { ...minimal, schedule: 'daily' }, problems: [`spec.schedule: Invalid value: "daily": ${NO_SCHEDULE}`] },
    {
      title: 'four fields',
      spec: { ...minimal, schedule: '3 * * *' },
      problems: [`spec.schedule: Invalid value: "3 * * *": ${NO_SCHEDULE}`],
    },
    {
      title: 'a time zone in the schedule',
      spec: { ...minimal, schedule: 'TZ=UTC 30 3 * * *' },
      problems: [`spec.schedule: Invalid value: "TZ=UTC 30 3 * * *": ${NO_SCHEDULE}`],
    },
    {
      title: 'a time zone that can be none',
      spec: { ...minimal, timeZone: 'Berlin time' },
      problems: [
        'spec.timeZone: Invalid value: "Berlin time": must be a name from the IANA time zone database, such as Europe/Berlin or Etc/UTC',
      ],
    },
    { title: 'a retention that keeps nothing', spec: { ...minimal, retention: { keepLast: 0 } }, problems: [NOTHING_KEPT] },
    { title: 'a retention only by age', spec: { ...minimal, retention: { minAgeHours: 24 } }, problems: [NOTHING_KEPT] },
    { title: 'a verification that never runs', spec: { ...minimal, verification: {} }, problems: [ONE_TRIGGER] },
    { title: 'a verification switched off in place', spec: { ...minimal, verification: { afterEach: false } }, problems: [ONE_TRIGGER] },
    {
      title: 'a verification with two triggers',
      spec: { ...minimal, verification: { schedule: '@daily', afterEach: true } },
      problems: [ONE_TRIGGER],
    },
    {
      title: 'a verification schedule that is not one',
      spec: { ...minimal, verification: { schedule: 'weekly' } },
      problems: [`spec.verification.schedule: Invalid value: "weekly": ${NO_SCHEDULE}`],
    },
    {
      title: 'a verification mode that does not exist',
      spec: { ...minimal, verification: { afterEach: true, mode: 'restore' } },
      problems: ['spec.verification.mode: Unsupported value: "restore": supported values: "Checksum", "Restore"'],
    },
    {
      title: 'scratch space of no size',
      spec: { ...minimal, verification: { afterEach: true, mode: 'Restore', scratchSize: '0' } },
      problems: ['spec.verification.scratchSize: Invalid value: "0": must be a size greater than 0, such as 1Gi'],
    },
    {
      title: 'a negative number of Jobs',
      spec: { ...minimal, failedJobsHistoryLimit: -1 },
      problems: [
        'spec.failedJobsHistoryLimit: Invalid value: -1: spec.failedJobsHistoryLimit in body should be greater than or equal to 0',
      ],
    },
    { title: 'an invalid image', spec: { ...minimal, image: '' }, problems: [`spec.image: Invalid value: "": ${NO_IMAGE}`] },
    {
      title: 'a deadline that the CronJob controller would miss',
      spec: { ...minimal, startingDeadlineSeconds: 5 },
      problems: [
        'spec.startingDeadlineSeconds: Invalid value: 5: spec.startingDeadlineSeconds in body should be greater than or equal to 10',
      ],
    },
  ],
};
