/**
 * Objects of a managed NATS, as pure functions of the IpcConfig: `topology.ts` decides how many servers there are and which volumes they
 * have; from that come the configuration (`nats-conf.ts`) in its Secret (`config-secret.ts`), the token Secret of the modules
 * (`token-secret.ts`), certificates (`certificate.ts`), Services (`services.ts`), and here the Deployment or StatefulSet that mounts them.
 */
import { ANNOTATION, defined, natsConfigSecretName, natsHeadlessServiceName, natsName, natsSelector } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import { tlsSecretName } from '../../../nats/tls.ts';
import { setFields } from '../../../pod-building/set-fields.ts';
import type {
  Container,
  Deployment,
  PodDisruptionBudget,
  PodSpec,
  PodTemplate,
  StatefulSet,
  Volume,
} from '../../../resource-types/kubernetes.ts';
import { configurationKey } from './config-secret.ts';
import { ipcOwner, natsLabels } from './metadata.ts';
import { JETSTREAM_DIRECTORY, LAME_DUCK_SECONDS, NATS_PORTS, PID_FILE, TLS_DIRECTORY } from './nats-conf.ts';
import { JETSTREAM_VOLUME, natsTopology, type NatsTopology } from './topology.ts';

/** Inputs of the NATS workload of an IpcConfig. */
export interface WorkloadInput {
  readonly ipcConfig: IpcConfig;
  /** Default image of NATS. */
  readonly defaultImage: string;
  /** Changes with the server's configuration, and then rolls the pods. */
  readonly configChecksum: string;
  /** Whether the servers of a cluster use TLS among themselves, for which they need the certificate's authority. */
  readonly routesUseTls: boolean;
}

type Managed = NonNullable<IpcConfig['spec']['nats']['managed']>;

const TLS_VOLUME = 'tls';
const TLS_KEYS = ['tls.crt', 'tls.key'];
const CONFIG_DIRECTORY = '/etc/nats-config';
const CONFIG_FILE = 'nats.conf';

/** User and group of the server, and group of its volumes. */
const UNPRIVILEGED_ID = 1000;

/** One plain server. */
export function desiredDeployment(input: WorkloadInput): Desired<Deployment> {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: serverMetadata(input),
    spec: {
      replicas: natsTopology(input.ipcConfig).replicas,
      selector: { matchLabels: natsSelector(input.ipcConfig.metadata.name) },
      // While the old server leaves, two unconnected servers would split the bot in two.
      strategy: { type: 'Recreate' },
      template: podTemplate(input),
    },
  };
}

/** Several servers with routes, or servers with volumes. */
export function desiredStatefulSet(input: WorkloadInput): Desired<StatefulSet> {
  const { name } = input.ipcConfig.metadata;
  const { replicas, jetstream } = natsTopology(input.ipcConfig);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: serverMetadata(input),
    spec: {
      replicas,
      serviceName: natsHeadlessServiceName(name),
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: natsSelector(name) },
      template: podTemplate(input),
      ...(jetstream === undefined ? {} : { volumeClaimTemplates: [volumeClaimTemplate(input.ipcConfig, jetstream)] }),
    },
  };
}

/** Keeps a cluster's majority while nodes are drained; `undefined` for one server, which no budget can keep available. */
export function desiredDisruptionBudget(ipcConfig: IpcConfig): Desired<PodDisruptionBudget> | undefined {
  if (natsTopology(ipcConfig).replicas < 2) return undefined;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: workloadMetadata(ipcConfig),
    // A server that is not ready must not keep its node from being drained.
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: natsSelector(ipcConfig.metadata.name) },
    },
  };
}

function workloadMetadata(ipcConfig: IpcConfig): Desired<Deployment>['metadata'] {
  return {
    name: natsName(ipcConfig.metadata.name),
    namespace: ipcConfig.metadata.namespace,
    labels: natsLabels(ipcConfig),
    ownerReferences: [ipcOwner(ipcConfig)],
  };
}

/** The checksum is also on the workload, since little of its pod template is cached. */
const serverMetadata = ({ ipcConfig, configChecksum }: WorkloadInput): Desired<Deployment>['metadata'] => ({
  ...workloadMetadata(ipcConfig),
  annotations: { [ANNOTATION.configChecksum]: configChecksum },
});

function podTemplate(input: WorkloadInput): PodTemplate {
  const { managed } = input.ipcConfig.spec.nats;
  return {
    metadata: {
      labels: { ...managed?.podLabels, ...natsLabels(input.ipcConfig) },
      annotations: { ...managed?.podAnnotations, [ANNOTATION.configChecksum]: input.configChecksum },
    },
    spec: podSpec(input),
  };
}

function podSpec(input: WorkloadInput): PodSpec {
  const { name } = input.ipcConfig.metadata;
  const topology = natsTopology(input.ipcConfig);
  const tlsSecret = tlsSecretName(input.ipcConfig);
  const managed: Partial<Managed> = input.ipcConfig.spec.nats.managed ?? {};
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: LAME_DUCK_SECONDS + 20,
    securityContext: natsSecurityContext(managed.podSecurityContext),
    ...placement(managed),
    ...defined({ imagePullSecrets: managed.imagePullSecrets, priorityClassName: managed.priorityClassName }),
    ...(topology.replicas > 1 && managed.topologySpreadConstraints === undefined
      ? { topologySpreadConstraints: [spreadOverNodes(name)] }
      : {}),
    containers: [natsContainer(input, topology)],
    volumes: [
      {
        name: 'config',
        secret: { secretName: natsConfigSecretName(name), items: [{ key: configurationKey(input.configChecksum), path: CONFIG_FILE }] },
      },
      { name: 'run', emptyDir: {} },
      ...(tlsSecret === undefined ? [] : [tlsVolume(tlsSecret, input)]),
    ],
  };
}

const tlsVolume = (secretName: string, { routesUseTls }: WorkloadInput): Volume => ({
  name: TLS_VOLUME,
  secret: {
    secretName,
    items: [...TLS_KEYS, ...(routesUseTls ? ['ca.crt'] : [])].map((key) => ({ key, path: key })),
    defaultMode: 0o440,
  },
});

/**
 * The requirements of the Pod Security Standard "restricted". A context in the spec determines user and group completely: a cluster that
 * assigns them itself, such as OpenShift, refuses fixed ones.
 */
function natsSecurityContext(given: Managed['podSecurityContext']): NonNullable<PodSpec['securityContext']> {
  const user = given ?? { runAsUser: UNPRIVILEGED_ID, runAsGroup: UNPRIVILEGED_ID, fsGroup: UNPRIVILEGED_ID };
  return {
    // The kubelet refuses to run root with it.
    ...(user.runAsUser === 0 ? {} : { runAsNonRoot: true }),
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
    ...user,
  };
}

const placement = (managed: Partial<Managed>): Partial<PodSpec> =>
  setFields(managed, ['nodeSelector', 'tolerations', 'affinity', 'topologySpreadConstraints']);

const spreadOverNodes = (name: string) => ({
  maxSkew: 1,
  topologyKey: 'kubernetes.io/hostname',
  // A cluster on too few nodes is better than an incomplete one.
  whenUnsatisfiable: 'ScheduleAnyway',
  labelSelector: { matchLabels: natsSelector(name) },
});

function natsContainer({ ipcConfig, defaultImage }: WorkloadInput, topology: NatsTopology): Container {
  const managed = ipcConfig.spec.nats.managed;
  const healthz = (query: string) => ({ path: `/healthz?${query}`, port: 'management' });
  return {
    name: 'nats',
    image: managed?.image ?? defaultImage,
    imagePullPolicy: managed?.imagePullPolicy ?? 'IfNotPresent',
    command: ['nats-server', '--config', `${CONFIG_DIRECTORY}/${CONFIG_FILE}`],
    env: [{ name: 'SERVER_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [port('client'), port('management'), ...(topology.replicas > 1 ? [port('cluster')] : [])],
    // Without a majority JetStream cannot serve, but core NATS can: such a server is neither restarted nor removed from the Service.
    startupProbe: { httpGet: healthz('js-server-only=true'), periodSeconds: 2, failureThreshold: 90, timeoutSeconds: 5 },
    readinessProbe: { httpGet: healthz('js-server-only=true'), periodSeconds: 10, timeoutSeconds: 5 },
    livenessProbe: { httpGet: healthz('js-enabled-only=true'), periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 3 },
    // Lame duck mode: clients are moved to other servers before this one ends.
    lifecycle: { preStop: { exec: { command: ['nats-server', '--signal', `ldm=${PID_FILE}`] } } },
    ...defined({ resources: managed?.resources }),
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'config', mountPath: CONFIG_DIRECTORY, readOnly: true },
      ...(tlsSecretName(ipcConfig) === undefined ? [] : [{ name: TLS_VOLUME, mountPath: TLS_DIRECTORY, readOnly: true }]),
      { name: 'run', mountPath: PID_FILE.slice(0, PID_FILE.lastIndexOf('/')) },
      ...(topology.jetstream === undefined ? [] : [{ name: JETSTREAM_VOLUME, mountPath: JETSTREAM_DIRECTORY }]),
    ],
  };
}

const port = (name: keyof typeof NATS_PORTS) => ({ name, containerPort: NATS_PORTS[name], protocol: 'TCP' });

function volumeClaimTemplate(ipcConfig: IpcConfig, { size, storageClassName }: NonNullable<NatsTopology['jetstream']>) {
  return {
    metadata: { name: JETSTREAM_VOLUME, labels: natsLabels(ipcConfig) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size } },
      ...defined({ storageClassName }),
    },
  };
}
