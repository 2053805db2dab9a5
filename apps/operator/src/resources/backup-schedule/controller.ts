import { LABEL, labelValue } from '@eeveebot/contract';
import type { BackupSchedule, BotModule } from '@eeveebot/crds';
import { byCronJobName, cronJobOf, MODULES_BY_CRON_JOB_NAME } from '../../backup-jobs/cron-jobs.ts';
import { byBotModule, RESTORES_BY_MODULE } from '../../backup-jobs/restores.ts';
import { byModuleName, MODULES_BY_MODULE_NAME } from '../../backup-jobs/target.ts';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import { type ControllerDefinition, defineWatch } from '../../controller/run/definition.ts';
import { BACKUP_JOB, BACKUP_POD, BACKUP_RESTORE, BACKUP_SCHEDULE, BOT_MODULE, S3_STORE } from '../../resource-types/kinds.ts';
import { CRON_JOB, PERSISTENT_VOLUME_CLAIM } from '../../resource-types/kubernetes.ts';
import { causeWatches } from '../cause-watches.ts';
import { type NamedObject, removingLeftovers } from '../leftovers.ts';
import { BY_LABEL, inNamespaceOf, keyOf, modulesByLabel, ownedObjects } from '../watching.ts';
import { BY_TARGET, MODULES_BY_SCHEDULE, targetIndexValues } from './observe.ts';
import { backupScheduleReconciler, type ScheduleSettings } from './reconcile.ts';

/** Index of BackupSchedules by the S3Store they name. */
const BY_STORE = 's3Store';

/** Controller of BackupSchedules; its watches list all objects that affect one. */
export function backupScheduleController(settings: ScheduleSettings): ControllerDefinition {
  return {
    name: 'backupschedule',
    type: BACKUP_SCHEDULE,
    indexes: {
      [BY_STORE]: (schedule: BackupSchedule) => [inNamespaceOf(schedule, schedule.spec.s3Store.name)],
      [BY_LABEL]: (schedule: BackupSchedule) => [inNamespaceOf(schedule, labelValue(schedule.metadata.name))],
    },
    watches: [
      ownedObjects(CRON_JOB, 'BackupSchedule'),
      defineWatch({ type: BACKUP_JOB, indexes: { [BY_TARGET]: targetIndexValues }, keysFor: schedulesByLabel }),
      defineWatch({ type: BACKUP_POD, indexes: { [BY_TARGET]: targetIndexValues }, keysFor: schedulesByLabel }),
      ...causeWatches({ pods: [BACKUP_POD], workloads: [BACKUP_JOB], keysFor: schedulesByLabel }),
      defineWatch({
        type: S3_STORE,
        keysFor: (store, cache) => cache.store(BACKUP_SCHEDULE).byIndex(BY_STORE, inNamespaceOf(store, store.metadata.name)).map(keyOf),
      }),
      // `keysFor` gets the old and the new state of a module, so the schedule that it named before is requeued too.
      defineWatch({
        type: BOT_MODULE,
        indexes: {
          [MODULES_BY_SCHEDULE]: (module: BotModule) => schedulesOf(module).map((name) => inNamespaceOf(module, name)),
          [MODULES_BY_MODULE_NAME]: byModuleName,
          [MODULES_BY_CRON_JOB_NAME]: byCronJobName,
        },
        keysFor: (module, cache) =>
          [module, ...cache.store(BOT_MODULE).byIndex(MODULES_BY_MODULE_NAME, inNamespaceOf(module, module.spec.moduleName))].flatMap(
            schedulesNamedBy,
          ),
      }),
      defineWatch({
        type: BACKUP_RESTORE,
        indexes: { [RESTORES_BY_MODULE]: byBotModule },
        keysFor: ({ metadata: { namespace }, spec }, cache) => {
          const module = cache.store(BOT_MODULE).get({ namespace, name: spec.botModule.name });
          return module === undefined ? [] : schedulesNamedBy(module);
        },
      }),
      defineWatch({
        type: PERSISTENT_VOLUME_CLAIM,
        keysFor: (claim, cache) =>
          modulesByLabel(claim, cache)
            .map((key) => cache.store(BOT_MODULE).get(key))
            .flatMap((module) => (module === undefined ? [] : schedulesNamedBy(module))),
      }),
    ],
    reconcile: removingLeftovers(backupScheduleReconciler(settings), { type: BACKUP_SCHEDULE, objects: cronJobsOf }),
  };
}

/** CronJobs with the names that a schedule uses for its targets. */
const cronJobsOf = ({ metadata: { namespace, name } }: BackupSchedule, cache: CacheReader): readonly NamedObject[] =>
  cache
    .store(BOT_MODULE)
    .byIndex(MODULES_BY_SCHEDULE, `${namespace}/${name}`)
    .flatMap(({ metadata: { name: module } }) =>
      (['backup', 'verify'] as const).map((command) => cronJobOf(command, { namespace, schedule: name, module }, cache)),
    )
    .map((object) => ({ type: CRON_JOB, object }));

const schedulesOf = ({ spec }: BotModule): readonly string[] => (spec.backupSchedule === undefined ? [] : [spec.backupSchedule.name]);

const schedulesNamedBy = (module: BotModule): readonly ObjectKey[] =>
  schedulesOf(module).map((name) => ({ namespace: module.metadata.namespace, name }));

function schedulesByLabel(object: KubeObject, cache: CacheReader): readonly ObjectKey[] {
  const label = object.metadata.labels?.[LABEL.backupSchedule];
  return label === undefined ? [] : cache.store(BACKUP_SCHEDULE).byIndex(BY_LABEL, inNamespaceOf(object, label)).map(keyOf);
}
