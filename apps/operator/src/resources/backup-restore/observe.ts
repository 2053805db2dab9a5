import { labelValue, moduleDeploymentName, moduleVolumeClaimName, restoreJobName, runsBackupCommand } from '@eeveebot/contract';
import type { BackupRestore, BotModule, S3Store } from '@eeveebot/crds';
import { BY_MODULE } from '../../backup-jobs/indexes.ts';
import { RESTORES_BY_MODULE } from '../../backup-jobs/restores.ts';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import { controllerOf, isOfKind } from '../../controller/objects/owners.ts';
import { eventCausesIn, type EventCauses } from '../../diagnosis/event-causes.ts';
import { BACKUP_JOB, BACKUP_POD, BACKUP_RESTORE, BACKUP_SCHEDULE, BOT_MODULE, MODULE_POD, S3_STORE } from '../../resource-types/kinds.ts';
import {
  CRON_JOB,
  DEPLOYMENT,
  PERSISTENT_VOLUME_CLAIM,
  type CronJob,
  type Deployment,
  type Job,
  type PersistentVolumeClaim,
  type Pod,
} from '../../resource-types/kubernetes.ts';
import { inNamespaceOf } from '../watching.ts';

/** A BackupRestore and all objects that affect it, as last observed. */
export interface ObservedRestore {
  readonly restore: BackupRestore;
  readonly module: BotModule | undefined;
  readonly store: S3Store | undefined;
  /** The Job of this restore. */
  readonly job: Job | undefined;
  readonly volumeClaim: PersistentVolumeClaim | undefined;
  /** All restores of the module, including this one. */
  readonly restores: readonly BackupRestore[];
  readonly deployment: Deployment | undefined;
  /** The CronJobs that back the module up, of any schedule. */
  readonly cronJobs: readonly CronJob[];
  /** uids of the CronJobs whose BackupSchedule is suspended by its spec. */
  readonly suspendedBySchedule: ReadonlySet<string>;
  /** Pods of the module and of its backup and restore Jobs. */
  readonly pods: readonly Pod[];
  /** Backup and restore Jobs of the module, including this restore's. */
  readonly jobs: readonly Job[];
  /** Events about the claim, the pods and the Job. */
  readonly eventCauses: EventCauses;
}

/** Reads all objects that affect a restore from the cache, without a request. `undefined` when the restore is gone. */
export function observeRestore(key: ObjectKey, cache: CacheReader): ObservedRestore | undefined {
  const restore = cache.store(BACKUP_RESTORE).get(key);
  if (restore === undefined) return undefined;
  const { namespace } = key;
  const { botModule, s3Store } = restore.spec;
  const module = cache.store(BOT_MODULE).get({ namespace, name: botModule.name });
  const byLabel = inNamespaceOf(restore, labelValue(botModule.name));
  const cronJobs = cache
    .store(CRON_JOB)
    .byIndex(BY_MODULE, byLabel)
    .filter((cronJob) => runsBackupCommand(cronJob, 'backup') && cronJob.metadata.deletionTimestamp === undefined);
  return {
    restore,
    module,
    store: cache.store(S3_STORE).get({ namespace, name: s3Store.name }),
    job: cache.store(BACKUP_JOB).get({ namespace, name: restoreJobName(restore.metadata.name) }),
    volumeClaim: cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name: moduleVolumeClaimName(botModule.name) }),
    restores: cache.store(BACKUP_RESTORE).byIndex(RESTORES_BY_MODULE, inNamespaceOf(restore, botModule.name)),
    deployment: cache.store(DEPLOYMENT).get({ namespace, name: moduleDeploymentName(botModule.name) }),
    cronJobs,
    suspendedBySchedule: new Set(
      cronJobs.filter((cronJob) => isSuspendedBySchedule(cronJob, cache)).map(({ metadata }) => metadata.uid ?? ''),
    ),
    pods: [...cache.store(MODULE_POD).byIndex(BY_MODULE, byLabel), ...cache.store(BACKUP_POD).byIndex(BY_MODULE, byLabel)],
    jobs: cache.store(BACKUP_JOB).byIndex(BY_MODULE, byLabel),
    eventCauses: eventCausesIn(namespace, cache),
  };
}

function isSuspendedBySchedule(cronJob: CronJob, cache: CacheReader): boolean {
  const { namespace = '' } = cronJob.metadata;
  const owner = controllerOf(cronJob);
  return (
    owner !== undefined &&
    isOfKind(owner, BACKUP_SCHEDULE) &&
    cache.store(BACKUP_SCHEDULE).get({ namespace, name: owner.name })?.spec.suspend === true
  );
}
