import { conditionOf } from '../controller/objects/status.ts';
import type { Deployment, Pod, StatefulSet } from '../resource-types/kubernetes.ts';
import { hasPodEnded } from '../resource-types/pod-phase.ts';
import { NO_EVENT_CAUSES, type EventCauses } from './event-causes.ts';
import { creationFailure } from './creation-failure.ts';
import { podProblem } from './pod-problem.ts';

/** State of a Deployment or StatefulSet. */
export interface WorkloadHealth {
  readonly phase: 'Creating' | 'Updating' | 'Ready' | 'Unavailable';
  /** For users: counts, then the deepest known cause. */
  readonly message: string;
  readonly replicas: number;
  readonly readyReplicas: number;
}

type StatefulSetStatus = Partial<NonNullable<StatefulSet['status']>>;

/** The parts of a rollout that Deployments and StatefulSets report in the same way. */
interface Rollout {
  readonly desired: number;
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** Whether the workload's controller has seen the newest spec. */
  readonly observed: boolean;
  /** Whether no pod of an older template has ever run. */
  readonly first: boolean;
  /** Whether all pods have been available with the newest template at once. */
  readonly wasComplete: boolean;
  /** Problem that the workload's controller itself reports. */
  readonly failure: string | undefined;
  /** Label of the pods whose value differs by template. */
  readonly revisionLabel: string;
}

/**
 * Health of a Deployment, judged only by the newest template: pods of an older ReplicaSet that are still
 * serving do not make a failing rollout ready.
 *
 * @param pods all pods of the Deployment, of any revision.
 */
export function deploymentHealth(deployment: Deployment, pods: readonly Pod[], eventCauses: EventCauses = NO_EVENT_CAUSES): WorkloadHealth {
  const status = deployment.status ?? {};
  const progressing = conditionOf(status, 'Progressing');
  return health(
    {
      desired: deployment.spec?.replicas ?? 1,
      ...reportedCounts(status),
      updated: status.updatedReplicas ?? 0,
      observed: isObserved(deployment),
      first: Number(deployment.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0) <= 1,
      wasComplete: progressing?.reason === 'NewReplicaSetAvailable',
      failure: pausedText(deployment) ?? reportedFailure(status),
      revisionLabel: 'pod-template-hash',
    },
    pods,
    eventCauses,
  );
}

/** Health of a StatefulSet, judged like a Deployment in {@link deploymentHealth}. */
export function statefulSetHealth(
  statefulSet: StatefulSet,
  pods: readonly Pod[],
  eventCauses: EventCauses = NO_EVENT_CAUSES,
): WorkloadHealth {
  const status: StatefulSetStatus = statefulSet.status ?? {};
  const sameRevision = hasOneRevision(status);
  const reported = reportedCounts(status);
  return health(
    {
      desired: statefulSet.spec?.replicas ?? 1,
      ...reported,
      updated: updatedReplicas(status),
      observed: isObserved(statefulSet),
      first: sameRevision,
      // A StatefulSet does not record a finished rollout: it is finished if its revisions are equal and some pods are available.
      wasComplete: sameRevision && reported.available > 0,
      failure: notCreated(statefulSet, eventCauses),
      revisionLabel: 'controller-revision-hash',
    },
    pods,
    eventCauses,
  );
}

/** Counts that Deployments and StatefulSets report under the same names. */
const reportedCounts = ({
  replicas = 0,
  readyReplicas: ready = 0,
  availableReplicas: available = 0,
}: Pick<StatefulSetStatus, 'replicas' | 'readyReplicas' | 'availableReplicas'>): Pick<Rollout, 'replicas' | 'ready' | 'available'> => ({
  replicas,
  ready,
  available,
});

/** A paused Deployment keeps its pods, whatever its template says. */
const pausedText = ({ metadata, spec }: Deployment): string | undefined =>
  spec?.paused === true
    ? `Deployment ${metadata.name} is paused (spec.paused): run kubectl rollout resume deployment/${metadata.name}`
    : undefined;

/** Problem that the controller of Deployments reports. */
function reportedFailure(status: NonNullable<Deployment['status']>): string | undefined {
  const replicaFailure = conditionOf(status, 'ReplicaFailure');
  if (replicaFailure?.status === 'True')
    return `pods cannot be created: ${creationFailure(replicaFailure.message ?? replicaFailure.reason ?? 'no reason given')}`;
  const progressing = conditionOf(status, 'Progressing');
  return progressing?.status === 'False' ? (progressing.message ?? progressing.reason) : undefined;
}

const hasOneRevision = ({ currentRevision, updateRevision }: StatefulSetStatus): boolean => currentRevision === updateRevision;

/** Without a count of updated pods, all pods count as updated if they are of one revision. */
const updatedReplicas = (status: StatefulSetStatus): number =>
  status.updatedReplicas ?? (hasOneRevision(status) ? (status.currentReplicas ?? 0) : 0);

/** Why pods are missing. The status does not contain the reason, but the events of the controller do. */
function notCreated(statefulSet: StatefulSet, eventCauses: EventCauses): string | undefined {
  const { spec, status } = statefulSet;
  if ((status?.replicas ?? 0) >= (spec?.replicas ?? 1)) return undefined;
  const said = eventCauses.creation(statefulSet);
  return said && `pods cannot be created: ${said}`;
}

function isObserved(workload: Deployment | StatefulSet): boolean {
  return (workload.status?.observedGeneration ?? 0) >= (workload.metadata.generation ?? 1);
}

function health(rollout: Rollout, pods: readonly Pod[], eventCauses: EventCauses): WorkloadHealth {
  const { desired, replicas, updated, ready, available } = rollout;
  const as = (phase: WorkloadHealth['phase'], cause?: string): WorkloadHealth => ({
    phase,
    message: `${counts(rollout)}${cause === undefined ? '' : `: ${cause}`}`,
    replicas,
    readyReplicas: ready,
  });

  if (!rollout.observed) return as(phaseInProgress(rollout.first && available === 0));
  if (isComplete(rollout)) return as('Ready');

  const problems = newestPods(pods, rollout.revisionLabel)
    .map((pod) => podProblem(pod, eventCauses))
    .filter((problem) => problem !== undefined);
  const failure = problems.find((problem) => problem.severity === 'failing')?.message ?? otherFailure(rollout, pods);
  if (failure !== undefined) return as('Unavailable', failure);
  // A finished rollout that lost pods which are not just restarting is degraded, not rolling out.
  if (rollout.wasComplete && updated === desired && problems.length === 0) return as('Unavailable');
  const told = problems.find(({ isTold }) => isTold === true);
  return as(phaseInProgress(rollout.first && !rollout.wasComplete), told?.message);
}

/** A failure that the newest pods do not show: a pod on a lost node that is being deleted may delay its replacement. */
const otherFailure = ({ failure }: Rollout, pods: readonly Pod[]): string | undefined =>
  failure ??
  pods
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    .map((pod) => podProblem(pod)?.message)
    .find((message) => message !== undefined);

const isComplete = ({ desired, replicas, updated, available }: Rollout): boolean =>
  updated === desired && replicas === desired && available >= desired;

const phaseInProgress = (isFirst: boolean): WorkloadHealth['phase'] => (isFirst ? 'Creating' : 'Updating');

function counts({ desired, replicas, updated, available }: Rollout): string {
  if (desired === 0) return replicas === 0 ? 'scaled to 0' : `scaling to 0: ${replicas} still running`;
  const older = replicas - updated;
  if (older > 0) return `${updated}/${desired} updated, ${older} of the previous version still running`;
  return `${available}/${desired} available`;
}

/**
 * Pods of the template of the newest pod, newest first. Times in Kubernetes are in whole seconds: after a quick edit, pods of
 * two templates may be equally new, and then both count.
 */
function newestPods(pods: readonly Pod[], revisionLabel: string): readonly Pod[] {
  const present = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  // An evicted pod remains after another has replaced it, and its state does not apply to that one.
  const running = present.filter((pod) => !hasPodEnded(pod));
  const live = (running.length > 0 ? running : present).toSorted((a, b) => createdAt(b).localeCompare(createdAt(a)));
  const revision = (pod: Pod) => pod.metadata.labels?.[revisionLabel];
  const newest = new Set(live.filter((pod) => live[0] !== undefined && createdAt(pod) === createdAt(live[0])).map(revision));
  return live.filter((pod) => newest.has(revision(pod)));
}

function createdAt(pod: Pod): string {
  return pod.metadata.creationTimestamp ?? '';
}
