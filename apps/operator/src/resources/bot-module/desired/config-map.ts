import { MODULE_CONFIG_FILE, moduleConfigMapName } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { ConfigMap } from '../../../resource-types/kubernetes.ts';
import { moduleLabels, moduleOwner } from './metadata.ts';

/** The ConfigMap with a module's configuration; `undefined` when it has none. */
export function desiredConfigMap(module: BotModule): Desired<ConfigMap> | undefined {
  if (module.spec.moduleConfig === undefined) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: moduleConfigMapName(module.metadata.name),
      namespace: module.metadata.namespace,
      labels: moduleLabels(module),
      ownerReferences: [moduleOwner(module)],
    },
    data: { [MODULE_CONFIG_FILE]: module.spec.moduleConfig },
  };
}
