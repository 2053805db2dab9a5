import { labelValue } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { watch } from '../../controller/controller.ts';
import type { ControllerDefinition } from '../../controller/types.ts';
import { CONFIG_MAP, DEPLOYMENT, PERSISTENT_VOLUME_CLAIM } from '../../kubernetes.ts';
import { BOT_MODULE, IPC_CONFIG, MODULE_POD } from '../types.ts';
import { BY_LABEL, inNamespaceOf, keyOf, modulesByLabel, ownedObjects } from '../watching.ts';
import { podIndexValues, PODS_BY_MODULE } from './observe.ts';
import { botModuleReconciler, type ModuleSettings } from './reconcile.ts';

/** Index of BotModules by the IpcConfig they name. */
const BY_IPC_CONFIG = 'ipcConfig';

/** What bears on a BotModule. */
export function botModuleController(settings: ModuleSettings): ControllerDefinition {
  return {
    name: 'botmodule',
    type: BOT_MODULE,
    indexes: {
      [BY_IPC_CONFIG]: (module: BotModule) => (module.spec.ipcConfig === undefined ? [] : [inNamespaceOf(module, module.spec.ipcConfig)]),
      [BY_LABEL]: (module: BotModule) => [inNamespaceOf(module, labelValue(module.metadata.name))],
    },
    watches: [
      ownedObjects(DEPLOYMENT, 'BotModule'),
      ownedObjects(CONFIG_MAP, 'BotModule'),
      // A claim has no owner; its labels say which module it is for.
      watch({ type: PERSISTENT_VOLUME_CLAIM, keysFor: modulesByLabel }),
      watch({ type: MODULE_POD, indexes: { [PODS_BY_MODULE]: podIndexValues }, keysFor: modulesByLabel }),
      watch({
        type: IPC_CONFIG,
        keysFor: (ipcConfig, cache) =>
          cache.store(BOT_MODULE).byIndex(BY_IPC_CONFIG, inNamespaceOf(ipcConfig, ipcConfig.metadata.name)).map(keyOf),
      }),
    ],
    reconcile: botModuleReconciler(settings),
  };
}
