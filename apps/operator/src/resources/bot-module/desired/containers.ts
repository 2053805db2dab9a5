import {
  defined,
  MODULE_CONFIG_DIRECTORY,
  MODULE_CONTAINER_NAME,
  MODULE_PORT_NAME,
  moduleConfigMapName,
  moduleVolumeClaimName,
  NATS_CA_DIRECTORY,
} from '@eeveebot/contract';
import type { BotModuleSpec } from '@eeveebot/crds';
import { containerSecurityContext } from '../../../pod-building/security.ts';
import type { Container, Volume, VolumeMount } from '../../../resource-types/kubernetes.ts';
import type { DeploymentInput } from './deployment-input.ts';
import { moduleEnvironment } from './environment.ts';
import { moduleProbes } from './probes.ts';

/** Names of the volumes that the operator adds to a module's pods, in addition to the one with the NATS certificates. */
export const CONFIG_VOLUME = 'module-config';
export const DATA_VOLUME = 'module-data';

/** The container that runs the module's image. */
export function moduleContainer(input: DeploymentInput): Container {
  const { spec } = input.module;
  const volumeMounts = [...operatorMounts(input).map(({ mount }) => mount), ...(spec.volumeMounts ?? [])];
  const envFrom = [...(spec.envSecret === undefined ? [] : [{ secretRef: { name: spec.envSecret.name } }]), ...(spec.envFrom ?? [])];
  return {
    name: MODULE_CONTAINER_NAME,
    image: spec.image,
    imagePullPolicy: spec.imagePullPolicy ?? spec.pullPolicy ?? 'IfNotPresent',
    ...defined({ command: spec.command, args: spec.args }),
    env: moduleEnvironment(input),
    ...(envFrom.length === 0 ? {} : { envFrom }),
    ports: [{ name: MODULE_PORT_NAME, containerPort: spec.metricsPort, protocol: 'TCP' }],
    ...moduleProbes(input.module),
    ...defined({ lifecycle: spec.lifecycle, resources: spec.resources }),
    securityContext: containerSecurityContext(spec.securityContext),
    // The last lines of a crashed program become the cause that the module's status shows.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
  };
}

type FurtherContainer = NonNullable<BotModuleSpec['sidecars']>[number];

/** A container that the user adds. Its default security context also passes the Pod Security Standard "restricted". */
export const furtherContainer = (container: FurtherContainer): Container => ({
  terminationMessagePolicy: 'FallbackToLogsOnError',
  ...container,
  securityContext: containerSecurityContext(container.securityContext),
});

/** The volumes that the operator adds, each with its mount in the module's container. */
export function operatorMounts({
  module: { metadata, spec },
  nats,
}: DeploymentInput): readonly { readonly volume: Volume; readonly mount: VolumeMount }[] {
  const config = {
    volume: { name: CONFIG_VOLUME, configMap: { name: moduleConfigMapName(metadata.name) } },
    // The directory, never a subPath: only then do edits of the ConfigMap reach a running pod.
    mount: { name: CONFIG_VOLUME, mountPath: MODULE_CONFIG_DIRECTORY, readOnly: true },
  };
  const storage = {
    volume: { name: DATA_VOLUME, persistentVolumeClaim: { claimName: moduleVolumeClaimName(metadata.name) } },
    mount: { name: DATA_VOLUME, mountPath: spec.volumeMountPath },
  };
  const caVolume = nats?.caVolume;
  return [
    ...(spec.moduleConfig === undefined ? [] : [config]),
    ...(spec.persistentVolumeClaim === undefined ? [] : [storage]),
    ...(caVolume === undefined ? [] : [{ volume: caVolume, mount: { name: caVolume.name, mountPath: NATS_CA_DIRECTORY, readOnly: true } }]),
  ];
}
