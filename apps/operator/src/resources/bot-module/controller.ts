import {
  bootstrapJobName,
  labelValue,
  moduleConfigMapName,
  moduleDeploymentName,
  moduleDisruptionBudgetName,
  modulePodMonitorName,
  moduleServiceName,
  OPERATOR_API_TOKEN_SECRET_NAME,
} from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { BY_MODULE, byModuleLabel } from '../../backup-jobs/indexes.ts';
import { byBotModule, RESTORES_BY_MODULE } from '../../backup-jobs/restores.ts';
import { byModuleName, MODULES_BY_MODULE_NAME } from '../../backup-jobs/target.ts';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import type { ResourceType } from '../../controller/objects/resource-type.ts';
import { type ControllerDefinition, defineWatch } from '../../controller/run/definition.ts';
import {
  BACKUP_JOB,
  BACKUP_POD,
  BACKUP_RESTORE,
  BACKUP_SCHEDULE,
  BOT_MODULE,
  IPC_CONFIG,
  MODULE_POD,
  S3_STORE,
} from '../../resource-types/kinds.ts';
import {
  CONFIG_MAP,
  CRON_JOB,
  DEPLOYMENT,
  PERSISTENT_VOLUME_CLAIM,
  POD_DISRUPTION_BUDGET,
  SECRET,
  SERVICE,
} from '../../resource-types/kubernetes.ts';
import { causeWatches } from '../cause-watches.ts';
import { type NamedObject, namedObject, removingLeftovers } from '../leftovers.ts';
import { BY_LABEL, inNamespaceOf, keyOf, modulesByLabel, ownedObjects, watchSharedLabels } from '../watching.ts';
import { POD_MONITOR } from './desired/pod-monitor.ts';
import { mountedClaimNames } from './mounted-claims.ts';
import { botModuleReconciler, type ModuleSettings } from './reconcile.ts';
import { watchedSecrets } from './watched-secrets.ts';

/** Indexes of BotModules by the IpcConfig, the S3Store and the BackupSchedule they name. */
const BY_IPC_CONFIG = 'ipcConfig';
const BY_STORE = 's3Store';
const BY_SCHEDULE = 'namedSchedule';
/** Index of the BotModules that mount a token for the operator's HTTP API, by their namespace. */
const BY_API_TOKEN = 'apiToken';
/** Index of the BotModules whose pods roll when one of these Secrets changes. */
const BY_VARIABLES_SECRET = 'variablesSecret';

/** Index of the BotModules by the claims in their `spec.volumes`. */
const BY_VOLUME_CLAIM = 'volumeClaim';

/** Controller of BotModules; its watches list all objects that affect one. */
export function botModuleController(settings: ModuleSettings): ControllerDefinition {
  const named = (nameOf: (module: BotModule) => string | undefined) => (module: BotModule) => {
    const name = nameOf(module);
    return name === undefined ? [] : [inNamespaceOf(module, name)];
  };
  return {
    name: 'botmodule',
    type: BOT_MODULE,
    indexes: {
      [BY_IPC_CONFIG]: named(({ spec }) => spec.ipcConfig),
      [BY_STORE]: named(({ spec }) => spec.bootstrapFromBackup?.s3Store.name),
      [BY_SCHEDULE]: named(({ spec }) => spec.backupSchedule?.name),
      [BY_LABEL]: (module: BotModule) => [inNamespaceOf(module, labelValue(module.metadata.name))],
      [MODULES_BY_MODULE_NAME]: byModuleName,
      [BY_VARIABLES_SECRET]: (module: BotModule) => watchedSecrets(module).map(({ name }) => inNamespaceOf(module, name)),
      [BY_VOLUME_CLAIM]: (module: BotModule) => mountedClaimNames(module.spec).map((name) => inNamespaceOf(module, name)),
      [BY_API_TOKEN]: ({ metadata, spec }: BotModule) => (spec.mountOperatorApiToken ? [metadata.namespace] : []),
    },
    watches: [
      ownedObjects(DEPLOYMENT, 'BotModule'),
      ownedObjects(CONFIG_MAP, 'BotModule'),
      ownedObjects(SERVICE, 'BotModule'),
      ownedObjects(POD_DISRUPTION_BUDGET, 'BotModule'),
      {
        ...ownedObjects(POD_MONITOR, 'BotModule'),
        isWanted: (cache) =>
          cache
            .store(BOT_MODULE)
            .list()
            .some(({ spec }) => spec.podMonitor !== undefined),
      },
      // A claim has no owner; its label names the module.
      defineWatch({ type: PERSISTENT_VOLUME_CLAIM, keysFor: modulesByLabel }),
      // The access modes of a user's claim decide how the pods are replaced.
      defineWatch({ type: PERSISTENT_VOLUME_CLAIM, keysFor: naming(BY_VOLUME_CLAIM) }),
      defineWatch({ type: MODULE_POD, indexes: { [BY_MODULE]: byModuleLabel }, keysFor: modulesByLabel }),
      defineWatch({
        type: SECRET,
        keysFor: ({ metadata: { namespace = '', name } }, cache) =>
          name === OPERATOR_API_TOKEN_SECRET_NAME ? cache.store(BOT_MODULE).byIndex(BY_API_TOKEN, namespace).map(keyOf) : [],
      }),
      defineWatch({ type: SECRET, keysFor: naming(BY_VARIABLES_SECRET) }),
      defineWatch({ type: IPC_CONFIG, keysFor: naming(BY_IPC_CONFIG) }),
      defineWatch({ type: S3_STORE, keysFor: naming(BY_STORE) }),
      defineWatch({ type: BACKUP_SCHEDULE, keysFor: naming(BY_SCHEDULE) }),
      defineWatch({ type: CRON_JOB, keysFor: modulesByLabel }),
      defineWatch({ type: BACKUP_JOB, indexes: { [BY_MODULE]: byModuleLabel }, keysFor: modulesByLabel }),
      defineWatch({ type: BACKUP_POD, indexes: { [BY_MODULE]: byModuleLabel }, keysFor: modulesByLabel }),
      defineWatch({
        type: BACKUP_RESTORE,
        indexes: { [RESTORES_BY_MODULE]: byBotModule },
        keysFor: ({ metadata, spec }) => [{ namespace: metadata.namespace, name: spec.botModule.name }],
      }),
      ...causeWatches({ pods: [MODULE_POD, BACKUP_POD], workloads: [BACKUP_JOB], keysFor: modulesByLabel }),
      watchSharedLabels(BOT_MODULE),
      // Modules of one moduleName affect each other: only one of them could be backed up.
      defineWatch({
        type: BOT_MODULE,
        keysFor: (module, cache) =>
          cache
            .store(BOT_MODULE)
            .byIndex(MODULES_BY_MODULE_NAME, inNamespaceOf(module, module.spec.moduleName))
            .filter(({ spec }) => spec.backupSchedule !== undefined)
            .map(keyOf),
      }),
    ],
    reconcile: removingLeftovers(botModuleReconciler(settings), { type: BOT_MODULE, objects: namedObjects }),
    ignoresOwnStatus: true,
  };
}

/** Objects with the names that a module uses, except for its volume claim, which has no owner. */
function namedObjects(module: BotModule, cache: CacheReader): readonly NamedObject[] {
  const { name: of } = module.metadata;
  const named = (type: ResourceType, name: string) => namedObject(type, { resource: module, name }, cache);
  return [
    named(DEPLOYMENT, moduleDeploymentName(of)),
    named(CONFIG_MAP, moduleConfigMapName(of)),
    named(BACKUP_JOB, bootstrapJobName(of)),
    named(SERVICE, moduleServiceName(of)),
    named(POD_DISRUPTION_BUDGET, moduleDisruptionBudgetName(of)),
    named(POD_MONITOR, modulePodMonitorName(of)),
  ];
}

/** The BotModules that name `object`, by one of their indexes. */
const naming =
  (index: string) =>
  (object: KubeObject, cache: CacheReader): readonly ObjectKey[] =>
    cache.store(BOT_MODULE).byIndex(index, inNamespaceOf(object, object.metadata.name)).map(keyOf);
