/**
 * Objects of a module, as pure functions of its spec: the Deployment here, with its containers (`containers.ts`, `environment.ts`,
 * `probes.ts`), and beside it ConfigMap, volume claim, restore Job, Service, disruption budget and PodMonitor.
 */
import { ANNOTATION, defined, moduleDeploymentName, moduleSelector } from '@eeveebot/contract';
import type { BotModule, BotModuleSpec } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import { podSecurityContext } from '../../../pod-building/security.ts';
import { setFields } from '../../../pod-building/set-fields.ts';
import type { Deployment, PodSpec, PodTemplate } from '../../../resource-types/kubernetes.ts';
import { furtherContainer, moduleContainer, operatorMounts } from './containers.ts';
import type { DeploymentInput } from './deployment-input.ts';
import { moduleLabels, moduleOwner } from './metadata.ts';

type DeploymentStrategy = NonNullable<NonNullable<Deployment['spec']>['strategy']>;

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
      ...(input.claimUid === undefined ? {} : { annotations: { [ANNOTATION.claimUid]: input.claimUid } }),
      ownerReferences: [moduleOwner(module)],
    },
    spec: {
      replicas: input.stopped ? 0 : module.spec.size,
      selector: { matchLabels: moduleSelector(module.metadata.name) },
      strategy: deploymentStrategy(input),
      ...setFields(module.spec, ['revisionHistoryLimit', 'progressDeadlineSeconds']),
      template: podTemplate(input),
    },
  };
}

function deploymentStrategy({ module: { spec }, hasSingleWriter }: DeploymentInput): DeploymentStrategy {
  const { type, rollingUpdate } = spec.strategy ?? {};
  if (type !== undefined || rollingUpdate !== undefined) return { ...spec.strategy };
  // On one node, both pods would write to a ReadWriteOnce volume; on two nodes, the new pod would wait for the old one forever.
  return { type: hasSingleWriter ? 'Recreate' : 'RollingUpdate' };
}

function podTemplate(input: DeploymentInput): PodTemplate {
  const { module, nats, configChecksum, apiTokenChecksum, secretChecksum } = input;
  return {
    metadata: {
      labels: { ...module.spec.podLabels, ...moduleLabels(module), ...moduleSelector(module.metadata.name) },
      annotations: {
        ...module.spec.podAnnotations,
        ...(nats === undefined ? {} : { [ANNOTATION.natsChecksum]: nats.checksum }),
        ...defined({
          [ANNOTATION.configChecksum]: configChecksum,
          [ANNOTATION.apiTokenChecksum]: apiTokenChecksum,
          [ANNOTATION.secretChecksum]: secretChecksum,
        }),
      },
    },
    spec: podSpec(input),
  };
}

function podSpec(input: DeploymentInput): PodSpec {
  const { spec } = input.module;
  const operatorVolumes = operatorMounts(input).map(({ volume }) => volume);
  const volumes = [...operatorVolumes, ...(spec.volumes ?? [])];
  return {
    automountServiceAccountToken: spec.automountServiceAccountToken,
    // Otherwise a pod gets a variable for each port of each Service of the namespace, and some have names that modules read.
    enableServiceLinks: false,
    ...setFields(spec, PASSED_ON),
    ...(spec.topologySpreadConstraints === undefined ? {} : { topologySpreadConstraints: spreadConstraints(input.module) }),
    securityContext: podSecurityContext(spec.podSecurityContext),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(furtherContainer) }),
    containers: [moduleContainer(input), ...(spec.sidecars ?? []).map(furtherContainer)],
    ...(volumes.length === 0 ? {} : { volumes }),
  };
}

/** Fields of a BotModule that its pods have unchanged under the same name. */
const PASSED_ON = [
  'serviceAccountName',
  'imagePullSecrets',
  'nodeSelector',
  'tolerations',
  'affinity',
  'priorityClassName',
  'runtimeClassName',
  'hostAliases',
  'dnsConfig',
  'terminationGracePeriodSeconds',
] as const satisfies readonly (keyof BotModuleSpec & keyof PodSpec)[];

/** A constraint without a selector matches no pods, so it would spread nothing. */
const spreadConstraints = ({ metadata, spec }: BotModule): NonNullable<PodSpec['topologySpreadConstraints']> =>
  (spec.topologySpreadConstraints ?? []).map((constraint) => ({
    labelSelector: { matchLabels: moduleSelector(metadata.name) },
    ...constraint,
  }));
