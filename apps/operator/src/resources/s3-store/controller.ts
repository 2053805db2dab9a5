import type { S3Store } from '@eeveebot/crds';
import { type ControllerDefinition, defineWatch } from '../../controller/run/definition.ts';
import { S3_STORE } from '../../resource-types/kinds.ts';
import { CONFIG_MAP, SECRET } from '../../resource-types/kubernetes.ts';
import { caConfigMapName, secretNames } from '../../stores/store-access.ts';
import { inNamespaceOf, keyOf } from '../watching.ts';
import { s3StoreReconciler, type StoreSettings } from './reconcile.ts';

/** Index of S3Stores by the Secrets they name. */
const BY_SECRET = 'secret';
/** Index of S3Stores by the ConfigMap they name. */
const BY_CONFIG_MAP = 'configMap';

/** Controller of S3Stores; its watches list all objects that affect one. */
export function s3StoreController(settings: StoreSettings): ControllerDefinition {
  return {
    name: 's3store',
    type: S3_STORE,
    indexes: {
      [BY_SECRET]: (store: S3Store) => secretNames(store).map((name) => inNamespaceOf(store, name)),
      [BY_CONFIG_MAP]: (store: S3Store) => {
        const name = caConfigMapName(store);
        return name === undefined ? [] : [inNamespaceOf(store, name)];
      },
    },
    watches: [
      defineWatch({
        type: SECRET,
        keysFor: (secret, cache) => cache.store(S3_STORE).byIndex(BY_SECRET, inNamespaceOf(secret, secret.metadata.name)).map(keyOf),
      }),
      defineWatch({
        type: CONFIG_MAP,
        keysFor: (configMap, cache) =>
          cache.store(S3_STORE).byIndex(BY_CONFIG_MAP, inNamespaceOf(configMap, configMap.metadata.name)).map(keyOf),
      }),
    ],
    reconcile: s3StoreReconciler(settings),
  };
}
