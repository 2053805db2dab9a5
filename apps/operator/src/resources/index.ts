import { LABEL, labelValue } from '@eeveebot/contract';
import type { BotModule, IpcConfig } from '@eeveebot/crds';
import { watch } from '../controller/controller.ts';
import type { CacheReader, ControllerDefinition, KubeObject, ObjectKey, Watch } from '../controller/types.ts';
import { CONFIG_MAP, DEPLOYMENT, PERSISTENT_VOLUME_CLAIM, POD_DISRUPTION_BUDGET, SECRET, SERVICE, STATEFUL_SET } from '../kubernetes.ts';
import { tokenSecret } from '../nats/token-secret.ts';
import { podIndexValues, PODS_BY_MODULE } from './bot-module/observe.ts';
import { botModuleReconciler, type ModuleSettings } from './bot-module/reconcile.ts';
import { natsPodIndexValues, PODS_BY_IPC_CONFIG } from './ipc-config/observe.ts';
import { ipcConfigReconciler } from './ipc-config/reconcile.ts';
import type { IpcSettings } from './ipc-config/settings.ts';
import { BOT_MODULE, IPC_CONFIG, MODULE_POD, NATS_POD } from './types.ts';

/** Index of BotModules by the IpcConfig they name. */
const MODULES_BY_IPC_CONFIG = 'ipcConfig';
/** Index of BotModules and IpcConfigs by the label value that their pods carry. */
const BY_LABEL = 'label';
/** Index of IpcConfigs by their token Secret. */
const IPC_CONFIGS_BY_SECRET = 'tokenSecret';

/** What the kinds' reconcilers must know of the operator's configuration. */
export interface ResourceSettings extends ModuleSettings, IpcSettings {
  /** Resources of one kind worked on at once. */
  readonly concurrency: number;
}

/** The controllers of all kinds, and what each watches. */
export function resourceControllers(settings: ResourceSettings): readonly ControllerDefinition[] {
  return [botModules(settings), ipcConfigs(settings)];
}

function botModules(settings: ResourceSettings): ControllerDefinition {
  return {
    name: 'botmodule',
    type: BOT_MODULE,
    indexes: {
      [MODULES_BY_IPC_CONFIG]: (module: BotModule) =>
        module.spec.ipcConfig === undefined ? [] : [inNamespaceOf(module, module.spec.ipcConfig)],
      [BY_LABEL]: (module: BotModule) => [inNamespaceOf(module, labelValue(module.metadata.name))],
    },
    watches: [
      ownedObjects(DEPLOYMENT, 'BotModule'),
      ownedObjects(CONFIG_MAP, 'BotModule'),
      // A claim has no owner; its labels say which module it is for.
      watch({ type: PERSISTENT_VOLUME_CLAIM, keysFor: (claim, cache) => modulesByLabel(claim, cache) }),
      watch({
        type: MODULE_POD,
        indexes: { [PODS_BY_MODULE]: podIndexValues },
        keysFor: (pod, cache) => modulesByLabel(pod, cache),
      }),
      watch({
        type: IPC_CONFIG,
        keysFor: (ipcConfig, cache) =>
          cache.store(BOT_MODULE).byIndex(MODULES_BY_IPC_CONFIG, inNamespaceOf(ipcConfig, ipcConfig.metadata.name)).map(keyOf),
      }),
    ],
    reconcile: botModuleReconciler(settings),
    concurrency: settings.concurrency,
  };
}

function ipcConfigs(settings: ResourceSettings): ControllerDefinition {
  return {
    name: 'ipcconfig',
    type: IPC_CONFIG,
    indexes: {
      [IPC_CONFIGS_BY_SECRET]: (ipcConfig: IpcConfig) => [inNamespaceOf(ipcConfig, tokenSecret(ipcConfig).name)],
      [BY_LABEL]: (ipcConfig: IpcConfig) => [inNamespaceOf(ipcConfig, labelValue(ipcConfig.metadata.name))],
    },
    watches: [
      ownedObjects(DEPLOYMENT, 'IpcConfig'),
      ownedObjects(STATEFUL_SET, 'IpcConfig'),
      ownedObjects(SERVICE, 'IpcConfig'),
      ownedObjects(POD_DISRUPTION_BUDGET, 'IpcConfig'),
      watch({
        type: SECRET,
        keysFor: (secret, cache) => [
          ...ownerKeys(secret, 'IpcConfig'),
          ...cache.store(IPC_CONFIG).byIndex(IPC_CONFIGS_BY_SECRET, inNamespaceOf(secret, secret.metadata.name)).map(keyOf),
        ],
      }),
      watch({
        type: NATS_POD,
        indexes: { [PODS_BY_IPC_CONFIG]: natsPodIndexValues },
        keysFor: (pod, cache) =>
          cache
            .store(IPC_CONFIG)
            .byIndex(BY_LABEL, inNamespaceOf(pod, pod.metadata.labels?.[LABEL.ipcConfig] ?? ''))
            .map(keyOf),
      }),
    ],
    reconcile: ipcConfigReconciler(settings),
    concurrency: settings.concurrency,
  };
}

function ownedObjects<T extends KubeObject>(type: Watch<T>['type'], ownerKind: string): Watch {
  return watch({ type, keysFor: (object: T) => ownerKeys(object, ownerKind) });
}

function ownerKeys({ metadata }: KubeObject, ownerKind: string): readonly ObjectKey[] {
  const owner = metadata.ownerReferences?.find(({ controller, kind }) => controller === true && kind === ownerKind);
  return owner === undefined ? [] : [{ namespace: metadata.namespace ?? '', name: owner.name }];
}

function modulesByLabel(object: KubeObject, cache: CacheReader): readonly ObjectKey[] {
  const label = object.metadata.labels?.[LABEL.module];
  return label === undefined ? [] : cache.store(BOT_MODULE).byIndex(BY_LABEL, inNamespaceOf(object, label)).map(keyOf);
}

const inNamespaceOf = ({ metadata }: KubeObject, name: string): string => `${metadata.namespace ?? ''}/${name}`;

const keyOf = ({ metadata }: KubeObject): ObjectKey => ({ namespace: metadata.namespace ?? '', name: metadata.name });
