import {
  ANNOTATION,
  MODULE_CONFIG_DIRECTORY,
  MODULE_CONTAINER_NAME,
  MODULE_PORT_NAME,
  moduleConfigMapName,
  moduleDeploymentName,
  moduleSelector,
  moduleVolumeClaimName,
  NATS_CA_DIRECTORY,
} from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { Desired } from '../../../controller/types.ts';
import type { Container, Deployment, PodSpec, PodTemplate, Volume, VolumeMount } from '../../../kubernetes.ts';
import type { NatsConnection } from '../../../nats/connection.ts';
import { moduleEnvironment } from './environment.ts';
import { moduleLabels, moduleOwner } from './metadata.ts';
import { moduleProbes } from './probes.ts';
import { containerSecurityContext, podSecurityContext } from '../../../workload/security.ts';

type DeploymentStrategy = NonNullable<NonNullable<Deployment['spec']>['strategy']>;

/** What a module's Deployment is made from. */
export interface DeploymentInput {
  readonly module: BotModule;
  /** How the pods reach NATS; `undefined` when the module names no IpcConfig. */
  readonly nats: NatsConnection | undefined;
  readonly operatorApiUrl: string;
  /** No replicas at the moment: a restore has the volume to itself. */
  readonly stopped: boolean;
  /** Checksum of `moduleConfig`, given when a change of it is to roll the pods. */
  readonly configChecksum: string | undefined;
  /** Checksum of the token of the operator's HTTP API, given to a module that has it in its environment. */
  readonly apiTokenChecksum: string | undefined;
}

/** The Deployment of an enabled module. The same input always gives the same bytes, so nothing rolls without a change. */
export function desiredDeployment(input: DeploymentInput): Desired<Deployment> {
  const { module } = input;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: moduleDeploymentName(module.metadata.name),
      namespace: module.metadata.namespace,
      labels: moduleLabels(module),
      ownerReferences: [moduleOwner(module)],
    },
    spec: {
      replicas: input.stopped ? 0 : module.spec.size,
      selector: { matchLabels: moduleSelector(module.metadata.name) },
      strategy: deploymentStrategy(module),
      template: podTemplate(input),
    },
  };
}

function deploymentStrategy({ spec }: BotModule): DeploymentStrategy {
  if (spec.strategy !== undefined) return spec.strategy;
  const claim = spec.persistentVolumeClaim;
  const shareable = claim === undefined || claim.accessModes.includes('ReadWriteMany');
  // Two pods cannot hold one ReadWriteOnce volume: a rolling update would wait for the old pod for ever.
  return { type: shareable ? 'RollingUpdate' : 'Recreate' };
}

function podTemplate(input: DeploymentInput): PodTemplate {
  const { module, nats, configChecksum, apiTokenChecksum } = input;
  return {
    metadata: {
      labels: { ...module.spec.podLabels, ...moduleLabels(module), ...moduleSelector(module.metadata.name) },
      annotations: {
        ...module.spec.podAnnotations,
        ...(nats === undefined ? {} : { [ANNOTATION.natsChecksum]: nats.checksum }),
        ...(configChecksum === undefined ? {} : { [ANNOTATION.configChecksum]: configChecksum }),
        ...(apiTokenChecksum === undefined ? {} : { [ANNOTATION.apiTokenChecksum]: apiTokenChecksum }),
      },
    },
    spec: podSpec(input),
  };
}

function podSpec(input: DeploymentInput): PodSpec {
  const { spec } = input.module;
  const mounts = moduleMounts(input);
  return {
    // A module has no business with the Kubernetes API unless it says who it is there.
    ...(spec.serviceAccountName === undefined ? { automountServiceAccountToken: false } : { serviceAccountName: spec.serviceAccountName }),
    ...(spec.imagePullSecrets === undefined ? {} : { imagePullSecrets: spec.imagePullSecrets }),
    ...(spec.nodeSelector === undefined ? {} : { nodeSelector: spec.nodeSelector }),
    ...(spec.tolerations === undefined ? {} : { tolerations: spec.tolerations }),
    ...(spec.affinity === undefined ? {} : { affinity: spec.affinity }),
    securityContext: podSecurityContext(spec.podSecurityContext),
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds,
    containers: [
      moduleContainer(
        input,
        mounts.map(({ mount }) => mount),
      ),
    ],
    ...(mounts.length === 0 ? {} : { volumes: mounts.map(({ volume }) => volume) }),
  };
}

function moduleContainer(input: DeploymentInput, volumeMounts: readonly VolumeMount[]): Container {
  const { spec } = input.module;
  return {
    name: MODULE_CONTAINER_NAME,
    image: spec.image,
    imagePullPolicy: spec.imagePullPolicy ?? spec.pullPolicy ?? 'IfNotPresent',
    env: moduleEnvironment(input),
    ...(spec.envSecret === undefined ? {} : { envFrom: [{ secretRef: { name: spec.envSecret.name } }] }),
    ports: [{ name: MODULE_PORT_NAME, containerPort: spec.metricsPort, protocol: 'TCP' }],
    ...moduleProbes(input.module),
    ...(spec.resources === undefined ? {} : { resources: spec.resources }),
    securityContext: containerSecurityContext(spec.securityContext),
    // The last lines of a crashed program become the cause that the module's status shows.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
  };
}

function moduleMounts({ module: { metadata, spec }, nats }: DeploymentInput): readonly { volume: Volume; mount: VolumeMount }[] {
  const config = {
    volume: { name: 'module-config', configMap: { name: moduleConfigMapName(metadata.name) } },
    // The directory, never a subPath: edits of the ConfigMap arrive in a running pod only so.
    mount: { name: 'module-config', mountPath: MODULE_CONFIG_DIRECTORY, readOnly: true },
  };
  const storage = {
    volume: { name: 'module-data', persistentVolumeClaim: { claimName: moduleVolumeClaimName(metadata.name) } },
    mount: { name: 'module-data', mountPath: spec.volumeMountPath },
  };
  const caVolume = nats?.caVolume;
  return [
    ...(spec.moduleConfig === undefined ? [] : [config]),
    ...(spec.persistentVolumeClaim === undefined ? [] : [storage]),
    ...(caVolume === undefined ? [] : [{ volume: caVolume, mount: { name: caVolume.name, mountPath: NATS_CA_DIRECTORY, readOnly: true } }]),
  ];
}
