import type { BackupSchedule, BackupTarget, BotModule } from '@eeveebot/crds';
import type { Job, Pod } from '../../kubernetes.ts';
import { NO_WITNESSES } from '../../diagnosis/event-causes.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';

/** A schedule as the API server returns it, with defaults. For tests. */
export const backupSchedule = (spec: Partial<BackupSchedule['spec']> = {}, targets?: readonly BackupTarget[]): BackupSchedule => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BackupSchedule',
  metadata: { name: 'nightly', namespace: 'bots', uid: 'uid-nightly', generation: 1 },
  spec: {
    schedule: '30 3 * * *',
    s3Store: { name: 's3' },
    imagePullPolicy: 'IfNotPresent',
    suspend: false,
    activeDeadlineSeconds: 43_200,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 3,
    ...spec,
  },
  ...(targets && { status: { targets } }),
});

/** `verification` with the defaults of its schema. For tests. */
export const verification = (
  more: Partial<NonNullable<BackupSchedule['spec']['verification']>> = { afterEach: true },
): NonNullable<BackupSchedule['spec']['verification']> => ({ mode: 'Checksum', activeDeadlineSeconds: 86_400, ...more });

/** A module that can be backed up, with these Jobs. For tests. */
export const observedTarget = (
  module: BotModule,
  { jobs = [], pods = [] }: { readonly jobs?: readonly Job[]; readonly pods?: readonly Pod[] } = {},
): ObservedTarget => ({
  module,
  namesakes: [module],
  restores: [],
  volumeClaim: undefined,
  toolWork: { jobs, pods },
  cronJob: undefined,
  verificationCronJob: undefined,
  cronJobNames: { backup: `nightly-${module.metadata.name}-backup`, verify: `nightly-${module.metadata.name}-verify` },
  jobs,
  pods,
});

/** A schedule and its targets, and nothing else except `more`. For tests. */
export const observedSchedule = (
  schedule: BackupSchedule,
  targets: readonly ObservedTarget[],
  more: Partial<ObservedSchedule> = {},
): ObservedSchedule => ({
  schedule,
  store: undefined,
  targets,
  cronJobs: [],
  verificationJobs: targets.flatMap(({ jobs }) => jobs),
  witnesses: NO_WITNESSES,
  ...more,
});
