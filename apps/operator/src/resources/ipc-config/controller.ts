import { LABEL, labelValue, natsConfigSecretName, natsHeadlessServiceName, natsName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import type { ResourceType } from '../../controller/objects/resource-type.ts';
import { type ControllerDefinition, defineWatch } from '../../controller/run/definition.ts';
import { tlsSecretName } from '../../nats/tls.ts';
import { tokenSecret } from '../../nats/token-secret.ts';
import { IPC_CONFIG, NATS_POD } from '../../resource-types/kinds.ts';
import {
  DEPLOYMENT,
  PERSISTENT_VOLUME_CLAIM,
  POD_DISRUPTION_BUDGET,
  SECRET,
  SERVICE,
  STATEFUL_SET,
} from '../../resource-types/kubernetes.ts';
import { causeWatches } from '../cause-watches.ts';
import { type NamedObject, namedObject, removingLeftovers } from '../leftovers.ts';
import { BY_LABEL, inNamespaceOf, keyOf, ownedObjects, ownerKeys, watchSharedLabels } from '../watching.ts';
import { CERTIFICATE } from './desired/certificate.ts';
import { BY_TOKEN_SECRET, natsPodIndexValues, PODS_BY_IPC_CONFIG, sharingSecret } from './observe.ts';
import { ipcConfigReconciler } from './reconcile.ts';
import type { IpcSettings } from './settings.ts';

/** Index of IpcConfigs by the Secrets of their token and their certificate. */
const BY_SECRET = 'secret';

/** The IpcConfig that the label of an object names. */
const byIpcLabel = (object: KubeObject, cache: CacheReader): readonly ObjectKey[] =>
  cache
    .store(IPC_CONFIG)
    .byIndex(BY_LABEL, inNamespaceOf(object, object.metadata.labels?.[LABEL.ipcConfig] ?? ''))
    .map(keyOf);

/** Controller of IpcConfigs; its watches list all objects that affect one. */
export function ipcConfigController(settings: IpcSettings): ControllerDefinition {
  return {
    name: 'ipcconfig',
    type: IPC_CONFIG,
    indexes: {
      [BY_SECRET]: (ipcConfig: IpcConfig) =>
        [tokenSecret(ipcConfig).name, tlsSecretName(ipcConfig)]
          .filter((name) => name !== undefined)
          .map((name) => inNamespaceOf(ipcConfig, name)),
      [BY_TOKEN_SECRET]: (ipcConfig: IpcConfig) => [inNamespaceOf(ipcConfig, tokenSecret(ipcConfig).name)],
      [BY_LABEL]: (ipcConfig: IpcConfig) => [inNamespaceOf(ipcConfig, labelValue(ipcConfig.metadata.name))],
    },
    watches: [
      watchSharedLabels(IPC_CONFIG),
      defineWatch({ type: IPC_CONFIG, keysFor: (ipcConfig, cache) => sharingSecret(ipcConfig, cache).map(keyOf) }),
      ownedObjects(DEPLOYMENT, 'IpcConfig'),
      ownedObjects(STATEFUL_SET, 'IpcConfig'),
      ownedObjects(SERVICE, 'IpcConfig'),
      ownedObjects(POD_DISRUPTION_BUDGET, 'IpcConfig'),
      {
        ...ownedObjects(CERTIFICATE, 'IpcConfig'),
        isWanted: (cache) =>
          cache
            .store(IPC_CONFIG)
            .list()
            .some(({ spec }) => spec.nats.tls?.issuerRef !== undefined),
      },
      defineWatch({
        type: SECRET,
        keysFor: (secret, cache) => [
          ...ownerKeys(secret, 'IpcConfig'),
          ...cache.store(IPC_CONFIG).byIndex(BY_SECRET, inNamespaceOf(secret, secret.metadata.name)).map(keyOf),
        ],
      }),
      defineWatch({ type: NATS_POD, indexes: { [PODS_BY_IPC_CONFIG]: natsPodIndexValues }, keysFor: byIpcLabel }),
      // Claims of JetStream.
      defineWatch({ type: PERSISTENT_VOLUME_CLAIM, keysFor: byIpcLabel }),
      ...causeWatches({ pods: [NATS_POD], workloads: [STATEFUL_SET], keysFor: byIpcLabel }),
    ],
    reconcile: removingLeftovers(ipcConfigReconciler(settings), { type: IPC_CONFIG, objects: namedObjects }),
  };
}

/** Objects with the names that an IpcConfig uses, except for volume claims, which have no owner. */
function namedObjects(ipcConfig: IpcConfig, cache: CacheReader): readonly NamedObject[] {
  const { name: of } = ipcConfig.metadata;
  const named = (type: ResourceType, name: string) => namedObject(type, { resource: ipcConfig, name }, cache);
  return [
    named(DEPLOYMENT, natsName(of)),
    named(STATEFUL_SET, natsName(of)),
    named(SERVICE, natsName(of)),
    named(SERVICE, natsHeadlessServiceName(of)),
    named(POD_DISRUPTION_BUDGET, natsName(of)),
    named(SECRET, natsConfigSecretName(of)),
    named(SECRET, tokenSecret(ipcConfig).name),
  ];
}
