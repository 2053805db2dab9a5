import type { V1DeploymentStatus, V1PodStatus } from '@kubernetes/client-node';
import type { Json } from './json.ts';

type DeploymentStatus = Json<V1DeploymentStatus>;
type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number];
type PodStatus = Json<V1PodStatus>;
type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];

/** Conditions of a Deployment that are read, all for their reason and message. */
const READ_CONDITIONS: ReadonlySet<string> = new Set(['Progressing', 'ReplicaFailure']);

/** Cached form of a Deployment's status. Progress that is as it should be is cached without its message, which names a ReplicaSet. */
export const rolloutState = (status: DeploymentStatus): DeploymentStatus => ({
  ...only(status, ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas']),
  ...(status.conditions && { conditions: status.conditions.filter(({ type }) => READ_CONDITIONS.has(type)).map(rolloutCondition) }),
});

const rolloutCondition = (condition: DeploymentCondition): DeploymentCondition =>
  only(condition, condition.type === 'Progressing' && condition.status === 'True' ? ['type', 'status', 'reason'] : EXPLAINED);

const EXPLAINED = ['type', 'status', 'reason', 'message'] as const;

/** Cached form of a pod's status: without addresses, and without the resources and volumes of its containers. */
export const podState = (status: PodStatus): PodStatus => ({
  ...only(status, ['phase', 'reason', 'message', 'startTime']),
  ...(status.conditions && { conditions: status.conditions.map((condition) => only(condition, [...EXPLAINED, 'lastTransitionTime'])) }),
  ...(status.initContainerStatuses && { initContainerStatuses: status.initContainerStatuses.map(containerState) }),
  ...(status.containerStatuses && { containerStatuses: status.containerStatuses.map(containerState) }),
});

const containerState = (status: ContainerStatus): ContainerStatus => ({
  ...only(status, ['name', 'image', 'ready', 'restartCount', 'state', 'lastState']),
  imageID: '',
});

/** `object` with only these fields, which must include all that its type requires. */
function only<T extends object>(object: T, fields: readonly (keyof T)[]): T {
  const kept: Partial<T> = {};
  for (const field of fields) if (object[field] !== undefined) kept[field] = object[field];
  return kept as T;
}
