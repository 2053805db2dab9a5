import type { BotModule } from '@eeveebot/crds';
import { isReady, readyOf } from '../../controller/objects/status.ts';
import type { Pod } from '../../resource-types/kubernetes.ts';
import type { ModuleSummary, PodStatus } from '../schemas.ts';

type PodState = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<PodState['containerStatuses']>[number];

/** A module as the HTTP API reports it. */
export function moduleSummary({ metadata, spec, status }: BotModule, pods: readonly Pod[]): ModuleSummary {
  const ready = readyOf(status);
  const pod = mostRelevantPod(pods);
  return {
    name: spec.moduleName,
    crName: metadata.name,
    namespace: metadata.namespace,
    image: spec.image,
    tag: imageTag(spec.image),
    enabled: spec.enabled,
    podStatus: pod === undefined ? null : podStatus(pod.status ?? {}),
    ready: ready?.status === 'True',
    reason: ready?.reason ?? 'Pending',
    message: ready?.message ?? 'not reconciled yet',
    lastBackup: status?.lastBackup ?? null,
  };
}

/**
 * The tag of an image, or its digest if it has one; `latest` if it has neither, because a node would pull that.
 *
 * @example
 * imageTag('registry:5000/eevee/echo:1.2'); // '1.2'
 */
export function imageTag(image: string): string {
  const [name = '', digest] = image.split('@', 2);
  if (digest !== undefined) return digest;
  // A colon before the last slash belongs to the registry's port.
  const last = name.slice(name.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon === -1 ? 'latest' : last.slice(colon + 1);
}

/** The most relevant pod of a module: prefers pods that are not terminating, then ready ones, then the newest. */
function mostRelevantPod(pods: readonly Pod[]): Pod | undefined {
  const rank = (pod: Pod) => (pod.metadata.deletionTimestamp === undefined ? 2 : 0) + (isReady(pod.status) ? 1 : 0);
  const age = ({ metadata }: Pod) => metadata.creationTimestamp ?? '';
  return pods.toSorted((a, b) => rank(b) - rank(a) || age(b).localeCompare(age(a)) || a.metadata.name.localeCompare(b.metadata.name))[0];
}

function podStatus(status: PodState): PodStatus {
  const containers = status.containerStatuses ?? [];
  return {
    phase: status.phase ?? 'Unknown',
    ready: isReady(status),
    restartCount: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    containerStatuses: containers.map(({ name, ready, restartCount, image, state, lastState }) => ({
      name,
      ready,
      restartCount,
      image,
      state: containerState(state),
      lastState: containerState(lastState),
    })),
    conditions: (status.conditions ?? []).map((condition) => ({
      type: condition.type,
      status: condition.status,
      lastTransitionTime: condition.lastTransitionTime ?? null,
    })),
    startedAt: status.startTime ?? null,
  };
}

/** Container state in the format of the API server. */
const containerState = (state: ContainerStatus['state']): PodStatus['containerStatuses'][number]['state'] =>
  Object.fromEntries(Object.entries(state ?? {}).map(([phase, facts]) => [phase, { ...facts }]));
