import { LABEL, labelValue, moduleVolumeClaimName, runsBackupCommand } from '@eeveebot/contract';
import type { BackupSchedule, BotModule, S3Store } from '@eeveebot/crds';
import { cronJobName, cronJobOf, MODULES_BY_CRON_JOB_NAME, byCronJobName } from '../../backup-jobs/cron-jobs.ts';
import { BY_MODULE } from '../../backup-jobs/indexes.ts';
import { RESTORES_BY_MODULE } from '../../backup-jobs/restores.ts';
import { MODULES_BY_MODULE_NAME, type BackupCandidate } from '../../backup-jobs/target.ts';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import { eventCausesIn, type EventCauses } from '../../diagnosis/event-causes.ts';
import { BACKUP_JOB, BACKUP_POD, BACKUP_RESTORE, BACKUP_SCHEDULE, BOT_MODULE, S3_STORE } from '../../resource-types/kinds.ts';
import { CRON_JOB, PERSISTENT_VOLUME_CLAIM, type CronJob, type Job, type Pod } from '../../resource-types/kubernetes.ts';
import { inNamespaceOf } from '../watching.ts';

/** Index of BotModules by the BackupSchedule they name. */
export const MODULES_BY_SCHEDULE = 'backupSchedule';
/** Index of backup Jobs, and of their pods, by the schedule and module in their labels. */
export const BY_TARGET = 'backupTarget';

/** A module that names the schedule, and the objects made for it. */
export interface ObservedTarget extends BackupCandidate {
  readonly cronJob: CronJob | undefined;
  readonly verificationCronJob: CronJob | undefined;
  /** Names of the CronJobs that back it up and verify its backups, whether or not they exist yet. */
  readonly cronJobNames: { readonly backup: string; readonly verify: string };
  /** Jobs that back it up or verify its backups and still exist, ended or not. */
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
}

/** A BackupSchedule and everything that affects it, as last observed. */
export interface ObservedSchedule {
  readonly schedule: BackupSchedule;
  readonly store: S3Store | undefined;
  readonly targets: readonly ObservedTarget[];
  /** CronJobs of the schedule, whether or not their module still names it. */
  readonly cronJobs: readonly CronJob[];
  /** Verification Jobs that the schedule itself created, whether or not their module still names it. */
  readonly verificationJobs: readonly Job[];
  /** Events about its pods, Jobs and scratch volumes. */
  readonly eventCauses: EventCauses;
}

/** Indexes a Job or pod by the schedule and module it was made for. */
export function targetIndexValues(object: KubeObject): readonly string[] {
  const { [LABEL.backupSchedule]: schedule, [LABEL.module]: module } = object.metadata.labels ?? {};
  return schedule === undefined || module === undefined ? [] : [inNamespaceOf(object, `${schedule}/${module}`)];
}

/** Reads everything that affects a schedule from the cache, without a request. `undefined` when the schedule is gone. */
export function observeSchedule(key: ObjectKey, cache: CacheReader): ObservedSchedule | undefined {
  const schedule = cache.store(BACKUP_SCHEDULE).get(key);
  if (schedule === undefined) return undefined;
  const { namespace, name } = key;
  const modules = cache
    .store(BOT_MODULE)
    .byIndex(MODULES_BY_SCHEDULE, inNamespaceOf(schedule, name))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name, 'en'));
  return {
    schedule,
    store: cache.store(S3_STORE).get({ namespace, name: schedule.spec.s3Store.name }),
    targets: modules.map((module) => observeTarget(schedule, module, cache)),
    cronJobs: cache.store(CRON_JOB).ownedBy(schedule.metadata.uid ?? ''),
    verificationJobs: cache
      .store(BACKUP_JOB)
      .ownedBy(schedule.metadata.uid ?? '')
      .filter((job) => runsBackupCommand(job, 'verify')),
    eventCauses: eventCausesIn(namespace, cache),
  };
}

/** Reads everything that the decision about one target of a schedule depends on. */
export function observeTarget(schedule: BackupSchedule, module: BotModule, cache: CacheReader): ObservedTarget {
  const { namespace, name } = module.metadata;
  const pair = { namespace, schedule: schedule.metadata.name, module: name };
  const sharing = byCronJobName(module).flatMap((value) => cache.store(BOT_MODULE).byIndex(MODULES_BY_CRON_JOB_NAME, value));
  const cronJob = cronJobOf('backup', pair, cache);
  const verificationCronJob = schedule.spec.verification?.schedule === undefined ? undefined : cronJobOf('verify', pair, cache);
  const target = inNamespaceOf(module, `${labelValue(schedule.metadata.name)}/${labelValue(name)}`);
  const byLabel = inNamespaceOf(module, labelValue(name));
  return {
    module,
    sameNameModules: cache.store(BOT_MODULE).byIndex(MODULES_BY_MODULE_NAME, inNamespaceOf(module, module.spec.moduleName)),
    restores: cache.store(BACKUP_RESTORE).byIndex(RESTORES_BY_MODULE, inNamespaceOf(module, name)),
    volumeClaim: cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name: moduleVolumeClaimName(name) }),
    cronJob,
    verificationCronJob,
    cronJobNames: {
      backup: cronJobName('backup', pair, { existing: cronJob, sharing }),
      verify: cronJobName('verify', pair, { existing: verificationCronJob, sharing }),
    },
    toolWork: { jobs: cache.store(BACKUP_JOB).byIndex(BY_MODULE, byLabel), pods: cache.store(BACKUP_POD).byIndex(BY_MODULE, byLabel) },
    jobs: cache.store(BACKUP_JOB).byIndex(BY_TARGET, target),
    pods: cache.store(BACKUP_POD).byIndex(BY_TARGET, target),
  };
}
