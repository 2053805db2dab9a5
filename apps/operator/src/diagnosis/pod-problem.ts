import { delayedBy } from '../controller/objects/deletion.ts';
import { conditionOf, isReady, readyOf } from '../controller/objects/status.ts';
import type { Pod } from '../resource-types/kubernetes.ts';
import { NO_EVENT_CAUSES, type EventCauses } from './event-causes.ts';

/** Why a pod is not serving. */
export interface PodProblem {
  /** `failing`: will not recover by itself within a short time; `starting`: making progress as far as is known. */
  readonly severity: 'failing' | 'starting';
  /** Names the pod and the container, and quotes the kubelet or the program. */
  readonly message: string;
  /** The cause was reported by another component, so it is worth reporting although the pod may recover by itself. */
  readonly isTold?: true;
}

type PodStatus = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
type Terminated = NonNullable<NonNullable<ContainerStatus['lastState']>['terminated']>;

/** Waiting reasons of the kubelet that are normal. */
const ORDINARY_WAITS: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/** Exit codes of a container that the kubelet stopped: by SIGTERM, or by SIGKILL after the grace period. */
const SIGNALLED: ReadonlySet<number> = new Set([143, 137]);

/** Probes whose failure stops the container. */
const FATAL_PROBE = /^(Liveness|Startup) probe /;

/** Maximum length of a quotation of a program's own output. */
const QUOTE_LIMIT = 300;

/**
 * The deepest known reason why `pod` is not ready; `undefined` if it is, or if it is being deleted and its node responds.
 *
 * @param eventCauses known problems of its volume claims and probes.
 * @example
 * podProblem(pod)?.message;
 * // 'pod eevee-echo-module-6f…: container module is in CrashLoopBackOff: exit 1: "NATS_HOST is not set"'
 */
export function podProblem(pod: Pod, eventCauses: EventCauses = NO_EVENT_CAUSES): PodProblem | undefined {
  if (isReady(pod.status)) return undefined;
  const about = (severity: PodProblem['severity'], what: string): PodProblem => ({
    severity,
    message: `pod ${pod.metadata.name}: ${what}`,
  });
  if (pod.metadata.deletionTimestamp !== undefined) {
    const lost = lostDeletion(pod);
    return lost === undefined ? undefined : about('failing', lost);
  }
  const status = pod.status ?? {};

  if (status.phase === 'Failed') return about('failing', [status.reason ?? 'failed', status.message].filter(Boolean).join(': '));

  const homeless = schedulingProblem(pod, eventCauses);
  if (homeless !== undefined) return about('failing', homeless);

  const containers = containersIn(status);
  const worst = worstProblem(containers, {
    notReadySince: readyOf(status)?.lastTransitionTime,
    probe: eventCauses.probe(pod),
  });
  if (worst !== undefined) return { ...worst, ...about(worst.severity, worst.message) };
  const unanswered = silence(pod, containers);
  return unanswered === undefined ? about('starting', 'is not ready yet') : about('failing', unanswered);
}

/**
 * State of the deletion of `pod`; `undefined` if it is not being deleted. A pod remains until its node confirms that its
 * containers have ended: if the node does not respond, for an unlimited time.
 */
export function deletionState(pod: Pod): string | undefined {
  const { nodeName } = pod.spec ?? {};
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  return lostDeletion(pod) ?? `is being deleted${nodeName === undefined ? '' : ` on node ${nodeName}`}${delayedBy(pod)}`;
}

/** Like {@link deletionState}, for a pod that must end before something else can continue: with what ends it. */
export function unendedState(pod: Pod): string | undefined {
  const { nodeName } = pod.spec ?? {};
  // On a node that responds, only the kubelet can end the containers: a forced deletion would hide a program that still writes.
  const isOfKubelet = nodeName !== undefined && lostDeletion(pod) === undefined && delayedBy(pod) === '';
  const state = deletionState(pod);
  return state !== undefined && isOfKubelet ? `${state}; if it does not end, restart the node` : state;
}

/** Message about such a pod. */
export const unendedText = (pod: Pod): string => `pod ${pod.metadata.name} ${unendedState(pod) ?? 'has not ended'}`;

/** Explains the deletion of a pod that Kubernetes marked as not ready while its containers were: its node is lost. */
function lostDeletion({ spec, status }: Pod): string | undefined {
  const node = spec?.nodeName;
  const unready = readyOf(status);
  // The kubelet states a reason for each pod that is not ready, Kubernetes none for those of a lost node.
  if (node === undefined || unready === undefined || isReady(status) || unready.reason !== undefined) return undefined;
  if (!(status?.containerStatuses ?? []).some(({ ready }) => ready)) return undefined;
  return `is being deleted, but its node ${node} does not respond; if the machine is off, delete Node ${node}, so that Kubernetes removes the pod`;
}

const containersIn = ({ initContainerStatuses = [], containerStatuses = [] }: PodStatus): readonly ContainerStatus[] => [
  ...initContainerStatuses,
  ...containerStatuses,
];

/** Why no node accepts the pod. The scheduler reports unbound claims without the cause, which their provisioner reports. */
function schedulingProblem(pod: Pod, eventCauses: EventCauses): string | undefined {
  const scheduled = conditionOf(pod.status, 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  const cause = unboundClaim(pod, eventCauses) ?? scheduled.message ?? scheduled.reason ?? 'the scheduler gave no reason';
  return `cannot be scheduled: ${cause}`;
}

function unboundClaim({ metadata, spec }: Pod, eventCauses: EventCauses): string | undefined {
  const claims = (spec?.volumes ?? []).map(({ name, persistentVolumeClaim, ephemeral }) =>
    // The name that Kubernetes gives the claim of an ephemeral volume.
    ephemeral === undefined ? persistentVolumeClaim?.claimName : `${metadata.name}-${name}`,
  );
  return claims.map((name) => (name === undefined ? undefined : eventCauses.claim(name))).find((problem) => problem !== undefined);
}

/** Explains a pod that is not ready although all its containers were when last reported. */
function silence({ spec, status }: Pod, containers: readonly ContainerStatus[]): string | undefined {
  if (containers.length === 0 || containers.some(({ ready, state }) => !ready && state?.terminated === undefined)) return undefined;
  const unready = readyOf(status);
  return `is not ready although its containers are: ${unready?.message ?? `its node ${spec?.nodeName ?? ''} does not respond`}`;
}

/** Facts of the pod that explain the state of its containers. */
interface PodFacts {
  /** Last transition time of the pod's Ready condition, RFC 3339. */
  readonly notReadySince: string | undefined;
  /** The last failure of a probe. */
  readonly probe: string | undefined;
}

function worstProblem(containers: readonly ContainerStatus[], facts: PodFacts): PodProblem | undefined {
  const problems = containers.map((container) => containerProblem(container, facts)).filter((problem) => problem !== undefined);
  return problems.find((problem) => problem.severity === 'failing') ?? problems[0];
}

function containerProblem(container: ContainerStatus, facts: PodFacts): PodProblem | undefined {
  const { waiting, terminated, running } = container.state ?? {};
  if (waiting !== undefined) return waitingProblem(container, waiting, facts);
  if (terminated !== undefined) return endedProblem(container, terminated, facts);
  return running === undefined || container.ready ? undefined : runningProblem(container, running, facts);
}

/** Explains a container that the kubelet has not started, or not started again. */
function waitingProblem(
  container: ContainerStatus,
  { reason = 'Waiting', message }: { readonly reason?: string; readonly message?: string },
  { probe }: PodFacts,
): PodProblem {
  const name = `container ${container.name}`;
  if (ORDINARY_WAITS.has(reason)) return { severity: 'starting', message: `${name} is being created` };
  const last = container.lastState?.terminated;
  // In a crash loop, the kubelet's message covers only the back-off; the cause is how the program last ended.
  const cause = reason === 'CrashLoopBackOff' && last !== undefined ? ending(last, probe) : message;
  return { severity: 'failing', message: `${name} is in ${reason}${cause === undefined ? '' : `: ${cause}`}` };
}

function endedProblem(container: ContainerStatus, terminated: Terminated, { probe }: PodFacts): PodProblem | undefined {
  // A finished init container is not a problem.
  if (terminated.exitCode === 0 && terminated.reason === 'Completed' && container.ready) return undefined;
  return { severity: 'failing', message: `container ${container.name} ended: ${ending(terminated, probe)}` };
}

/** Explains a container that runs but is not ready. */
function runningProblem(
  container: ContainerStatus,
  running: { readonly startedAt?: string },
  { notReadySince, probe }: PodFacts,
): PodProblem {
  const name = `container ${container.name}`;
  const last = container.lastState?.terminated;
  if (last !== undefined)
    return { severity: 'failing', message: `${name} was restarted and is not ready; it previously ended with ${ending(last, probe)}` };
  // A pod is "not ready" from before its containers start; a later transition means that it was ready and is no longer.
  const wasReady = running.startedAt !== undefined && notReadySince !== undefined && notReadySince > running.startedAt;
  if (wasReady) return { severity: 'failing', message: `${name} is running but no longer ready: ${probe ?? 'its readiness probe fails'}` };
  return probe === undefined
    ? { severity: 'starting', message: `${name} is running but not ready yet` }
    : { severity: 'starting', message: `${name} is running but not ready yet: ${probe}`, isTold: true };
}

/** `exit 1: "last line of the output"`, or the cause of the end: memory, or a probe after which the kubelet stopped it. */
function ending(terminated: Terminated, probe: string | undefined): string {
  if (SIGNALLED.has(terminated.exitCode) && terminated.reason !== 'OOMKilled' && probe !== undefined && FATAL_PROBE.test(probe))
    return `exit ${terminated.exitCode}: stopped by the kubelet:  ${probe}`;
  const how = terminated.reason === 'OOMKilled' ? `OOMKilled (out of memory), exit ${terminated.exitCode}` : `exit ${terminated.exitCode}`;
  // A stack trace ends in lines such as "^" or "}": the last one that contains a word is more useful.
  const lastLine = terminated.message
    ?.split('\n')
    .findLast((line) => /\w/.test(line))
    ?.trim();
  return lastLine === undefined ? how : `${how}: ${JSON.stringify(lastLine.slice(-QUOTE_LIMIT))}`;
}
