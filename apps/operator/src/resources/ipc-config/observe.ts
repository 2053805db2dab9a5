import { LABEL, labelValue, natsConfigSecretName, natsHeadlessServiceName, natsName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import { eventCausesIn, type EventCauses } from '../../diagnosis/event-causes.ts';
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
  type Deployment,
  type PersistentVolumeClaim,
  type Pod,
  type PodDisruptionBudget,
  type Secret,
  type Service,
  type StatefulSet,
} from '../../resource-types/kubernetes.ts';
import { inNamespaceOf, sharingLabel } from '../watching.ts';
import { CERTIFICATE } from './desired/certificate.ts';
import { JETSTREAM_VOLUME, natsTopology } from './desired/topology.ts';

/** An IpcConfig and all objects that affect it, as last observed. Secrets have only their metadata. */
export interface ObservedIpc {
  readonly ipcConfig: IpcConfig;
  /** Other IpcConfigs whose NATS pods would have the same labels. */
  readonly sameLabelConfigs: readonly IpcConfig[];
  /** Other IpcConfigs that name the same token Secret. */
  readonly sameSecretConfigs: readonly IpcConfig[];
  readonly tokenSecret: Secret | undefined;
  readonly configSecret: Secret | undefined;
  /** The Secret with the certificate of the servers. */
  readonly tlsSecret: Secret | undefined;
  /** Why Certificates cannot be watched, such as that cert-manager is not installed. */
  readonly certificateObstacle: string | undefined;
  readonly deployment: Deployment | undefined;
  readonly statefulSet: StatefulSet | undefined;
  readonly service: Service | undefined;
  readonly headlessService: Service | undefined;
  readonly disruptionBudget: PodDisruptionBudget | undefined;
  readonly pods: readonly Pod[];
  /** Claims of the desired JetStream servers. */
  readonly claims: readonly PersistentVolumeClaim[];
  /** Events about the claims and pods of NATS. */
  readonly eventCauses: EventCauses;
}

/** Index of NATS pods by IpcConfig. */
export const PODS_BY_IPC_CONFIG = 'ipcConfig';

const podIndexValue = (namespace: string, ipcLabel: string): string => `${namespace}/${ipcLabel}`;

/** Indexes a pod by the IpcConfig whose NATS it runs. */
export function natsPodIndexValues(pod: Pod): readonly string[] {
  const ipcLabel = pod.metadata.labels?.[LABEL.ipcConfig];
  return ipcLabel === undefined ? [] : [podIndexValue(pod.metadata.namespace ?? '', ipcLabel)];
}

/** Index of IpcConfigs by the Secret of their token. */
export const BY_TOKEN_SECRET = 'tokenSecret';

/** Other IpcConfigs of the namespace that name the same token Secret. */
export const sharingSecret = (ipcConfig: IpcConfig, cache: CacheReader): readonly IpcConfig[] =>
  cache
    .store(IPC_CONFIG)
    .byIndex(BY_TOKEN_SECRET, inNamespaceOf(ipcConfig, tokenSecret(ipcConfig).name))
    .filter(({ metadata }) => metadata.name !== ipcConfig.metadata.name);

/** Reads all objects that affect an IpcConfig from the cache, without a request. `undefined` when it is gone. */
export function observeIpc(key: ObjectKey, cache: CacheReader): ObservedIpc | undefined {
  const ipcConfig = cache.store(IPC_CONFIG).get(key);
  if (ipcConfig === undefined) return undefined;
  const { namespace, name } = key;
  const workload = { namespace, name: natsName(name) };
  const tlsSecret = tlsSecretName(ipcConfig);
  return {
    ipcConfig,
    sameLabelConfigs: sharingLabel(IPC_CONFIG, ipcConfig, cache),
    sameSecretConfigs: sharingSecret(ipcConfig, cache),
    tokenSecret: cache.store(SECRET).get({ namespace, name: tokenSecret(ipcConfig).name }),
    configSecret: cache.store(SECRET).get({ namespace, name: natsConfigSecretName(name) }),
    tlsSecret: tlsSecret === undefined ? undefined : cache.store(SECRET).get({ namespace, name: tlsSecret }),
    certificateObstacle: cache.store(CERTIFICATE).unavailableIn(namespace),
    deployment: cache.store(DEPLOYMENT).get(workload),
    statefulSet: cache.store(STATEFUL_SET).get(workload),
    service: cache.store(SERVICE).get(workload),
    headlessService: cache.store(SERVICE).get({ namespace, name: natsHeadlessServiceName(name) }),
    disruptionBudget: cache.store(POD_DISRUPTION_BUDGET).get(workload),
    pods: cache.store(NATS_POD).byIndex(PODS_BY_IPC_CONFIG, podIndexValue(namespace, labelValue(name))),
    claims: Array.from({ length: natsTopology(ipcConfig).replicas }, (_, ordinal) =>
      cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name: `${JETSTREAM_VOLUME}-${workload.name}-${ordinal}` }),
    ).filter((claim) => claim !== undefined),
    eventCauses: eventCausesIn(namespace, cache),
  };
}
