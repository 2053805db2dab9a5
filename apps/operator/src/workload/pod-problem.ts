import type { Pod } from '../kubernetes.ts';

/** Why a pod does not serve. */
export interface PodProblem {
  /** `failing`: will not mend itself by waiting a little; `starting`: on its way as far as can be seen. */
  readonly severity: 'failing' | 'starting';
  /** Names the pod and the container, and quotes the kubelet or the program. */
  readonly message: string;
}

type PodStatus = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
type Terminated = NonNullable<NonNullable<ContainerStatus['lastState']>['terminated']>;

/** What the kubelet says while nothing is wrong. */
const ORDINARY_WAITS: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/** Longest quotation of a program's own output. */
const QUOTE_LIMIT = 300;

/**
 * The deepest known reason why `pod` is not ready; `undefined` when it is, or when it is being deleted.
 *
 * @example
 * podProblem(pod)?.message;
 * // 'pod eevee-echo-module-6f…: container module is in CrashLoopBackOff: exit 1: "NATS_HOST is not set"'
 */
export function podProblem(pod: Pod): PodProblem | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isReady(pod)) return undefined;
  const about = (severity: PodProblem['severity'], what: string): PodProblem => ({
    severity,
    message: `pod ${pod.metadata.name}: ${what}`,
  });
  const status = pod.status ?? {};

  if (status.phase === 'Failed') return about('failing', [status.reason ?? 'failed', status.message].filter(Boolean).join(': '));

  const scheduled = status.conditions?.find((condition) => condition.type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    return about('failing', `cannot be scheduled: ${scheduled.message ?? scheduled.reason ?? 'the scheduler gave no reason'}`);
  }

  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const notReadySince = status.conditions?.find((condition) => condition.type === 'Ready')?.lastTransitionTime;
  const problems = containers.map((container) => containerProblem(container, notReadySince)).filter((problem) => problem !== undefined);
  const worst = problems.find((problem) => problem.severity === 'failing') ?? problems[0];
  if (worst !== undefined) return about(worst.severity, worst.message);
  const unanswered = silence(pod, containers);
  return unanswered === undefined ? about('starting', 'is not ready yet') : about('failing', unanswered);
}

/** Of a pod that is not ready: what it means that all its containers were, when they were last heard of. */
function silence({ spec, status }: Pod, containers: readonly ContainerStatus[]): string | undefined {
  if (containers.length === 0 || containers.some(({ ready, state }) => !ready && state?.terminated === undefined)) return undefined;
  const unready = status?.conditions?.find((condition) => condition.type === 'Ready');
  return `is not ready although its containers are: ${unready?.message ?? `its node ${spec?.nodeName ?? ''} does not answer`}`;
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}

/** @param notReadySince when the pod's Ready condition last moved, RFC 3339. */
function containerProblem(container: ContainerStatus, notReadySince: string | undefined): PodProblem | undefined {
  const name = `container ${container.name}`;
  const { waiting, terminated, running } = container.state ?? {};
  if (waiting !== undefined) {
    const reason = waiting.reason ?? 'Waiting';
    if (ORDINARY_WAITS.has(reason)) return { severity: 'starting', message: `${name} is being created` };
    const last = container.lastState?.terminated;
    // In a crash loop the kubelet's message is only about the back-off; the cause is how the program last ended.
    const cause = reason === 'CrashLoopBackOff' && last !== undefined ? ending(last) : waiting.message;
    return { severity: 'failing', message: `${name} is in ${reason}${cause === undefined ? '' : `: ${cause}`}` };
  }
  if (terminated !== undefined) {
    // An init container that is done is no problem.
    if (terminated.exitCode === 0 && terminated.reason === 'Completed' && container.ready) return undefined;
    return { severity: 'failing', message: `${name} ended: ${ending(terminated)}` };
  }
  if (running === undefined || container.ready) return undefined;
  const last = container.lastState?.terminated;
  if (last !== undefined)
    return { severity: 'failing', message: `${name} was restarted and is not ready; it ended before with ${ending(last)}` };
  // A pod is "not ready" from before its containers start; moved later, it was ready and lost that.
  const wasReady = running.startedAt !== undefined && notReadySince !== undefined && notReadySince > running.startedAt;
  return wasReady
    ? { severity: 'failing', message: `${name} is running but no longer ready: its readiness probe fails` }
    : { severity: 'starting', message: `${name} is running but not ready yet` };
}

/** `exit 1: "last line of the output"`, or the signal or reason that ended it. */
function ending(terminated: Terminated): string {
  const how = terminated.reason === 'OOMKilled' ? `OOMKilled (out of memory), exit ${terminated.exitCode}` : `exit ${terminated.exitCode}`;
  // A stack trace ends in lines such as "^" or "}": the last one with a word in it says more.
  const lastLine = terminated.message
    ?.split('\n')
    .findLast((line) => /\w/.test(line))
    ?.trim();
  return lastLine === undefined ? how : `${how}: ${JSON.stringify(lastLine.slice(-QUOTE_LIMIT))}`;
}
