import { LABEL, labelValue, moduleConfigMapName, moduleDeploymentName, moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModule, IpcConfig } from '@eeveebot/crds';
import type { CacheReader, ObjectKey } from '../../controller/types.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  PERSISTENT_VOLUME_CLAIM,
  type ConfigMap,
  type Deployment,
  type PersistentVolumeClaim,
  type Pod,
} from '../../kubernetes.ts';
import { BOT_MODULE, IPC_CONFIG, MODULE_POD } from '../types.ts';

/** A module and all that bears on it, as last seen. */
export interface ObservedModule {
  readonly module: BotModule;
  /** The IpcConfig that the module names, when it exists. */
  readonly ipcConfig: IpcConfig | undefined;
  readonly deployment: Deployment | undefined;
  readonly configMap: ConfigMap | undefined;
  readonly volumeClaim: PersistentVolumeClaim | undefined;
  readonly pods: readonly Pod[];
}

/** Index of module pods by module. */
export const PODS_BY_MODULE = 'module';

/** Value of {@link PODS_BY_MODULE} for a module or, read from its label, for a pod. */
export const podIndexValue = (namespace: string, moduleLabel: string): string => `${namespace}/${moduleLabel}`;

/** Indexes a pod by the module it belongs to. */
export function podIndexValues(pod: Pod): readonly string[] {
  const moduleLabel = pod.metadata.labels?.[LABEL.module];
  return moduleLabel === undefined ? [] : [podIndexValue(pod.metadata.namespace ?? '', moduleLabel)];
}

/** Reads all that bears on a module from the cache: no request. `undefined` when the module is gone. */
export function observeModule(key: ObjectKey, cache: CacheReader): ObservedModule | undefined {
  const module = cache.store(BOT_MODULE).get(key);
  if (module === undefined) return undefined;
  const { namespace, name } = key;
  const ipcConfigName = module.spec.ipcConfig;
  return {
    module,
    ipcConfig: ipcConfigName === undefined ? undefined : cache.store(IPC_CONFIG).get({ namespace, name: ipcConfigName }),
    deployment: cache.store(DEPLOYMENT).get({ namespace, name: moduleDeploymentName(name) }),
    configMap: cache.store(CONFIG_MAP).get({ namespace, name: moduleConfigMapName(name) }),
    volumeClaim: cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name: moduleVolumeClaimName(name) }),
    pods: cache.store(MODULE_POD).byIndex(PODS_BY_MODULE, podIndexValue(namespace, labelValue(name))),
  };
}
