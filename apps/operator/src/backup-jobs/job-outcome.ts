import { VERIFICATION_MODES, type VerificationMode } from '@eeveebot/contract';
import { NO_EVENT_CAUSES, type EventCauses } from '../diagnosis/event-causes.ts';
import { podProblem, unendedText } from '../diagnosis/pod-problem.ts';
import type { Job, Pod } from '../resource-types/kubernetes.ts';
import { hasPodEnded } from '../resource-types/pod-phase.ts';
import { BACKUP_CONTAINER_NAME } from './job-template.ts';

/** Result of the backup tool, from the container's termination message. */
export interface ToolResult {
  readonly id: string;
  readonly key: string;
  /** How a backup was verified; only for `verify`. */
  readonly mode?: VerificationMode;
  /** SQLite databases that passed their integrity check; only for `verify`. */
  readonly databases?: number;
  /** Entries that are missing from a backup because they could not be read. */
  readonly leftOut?: number;
  /** Entries that changed while they were read, so that their backup is not consistent. */
  readonly damaged?: number;
  /** Why a backup does not count as good. */
  readonly doubt?: string;
  readonly sizeBytes?: number;
  readonly uncompressedBytes?: number;
  readonly allocatedBytes?: number;
  readonly files?: number;
  readonly durationSeconds?: number;
  readonly sha256?: string;
  readonly warnings?: readonly string[];
}

/** State of a Job of the backup tool. */
export type JobOutcome =
  /** `message` is empty unless the Job makes no progress. */
  | { readonly phase: 'running'; readonly message: string }
  /** `result` is undefined if the image does not report one, or if its pods are gone. */
  | { readonly phase: 'succeeded'; readonly time: string; readonly result: ToolResult | undefined }
  | {
      readonly phase: 'failed';
      readonly time: string;
      readonly message: string;
      /** Exit code of the last attempt, if its pod still exists. */
      readonly exitCode?: number;
      /** The backup that the tool named with its error. */
      readonly backupId?: string;
      /** Result that the tool reported despite the error: an incomplete backup exists. */
      readonly result?: ToolResult;
    };

type JobCondition = NonNullable<NonNullable<Job['status']>['conditions']>[number];
type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** Maximum length of a quotation of a program's output. */
const QUOTE_LIMIT = 1_000;

/**
 * State of `job`, with the deepest known cause if it makes no progress or has failed.
 *
 * @param pods the pods of the Job that still exist, in any order.
 */
export function jobOutcome(job: Job, pods: readonly Pod[], eventCauses: EventCauses = NO_EVENT_CAUSES): JobOutcome {
  const condition = (type: string) => job.status?.conditions?.find((candidate) => candidate.type === type && candidate.status === 'True');
  const endings = endingsOf(pods);
  // SuccessCriteriaMet and FailureTarget are set earlier, while a pod may still be terminating with the volume in use.
  const complete = condition('Complete');
  if (complete !== undefined) {
    const last = endings.findLast(({ exitCode }) => exitCode === 0);
    return succeeded(job.status?.completionTime ?? complete.lastTransitionTime, last);
  }
  const failed = condition('Failed');
  const last = endings.at(-1);
  // Another container, such as an injected sidecar, failed or did not end: that is not a failure of the tool.
  if (last?.exitCode === 0 && (failed !== undefined || pods.some(isLingering))) return succeeded(last.finishedAt, last);
  if (failed !== undefined)
    return failedOutcome(job, { failed, pods, eventCauses, last: endings.findLast(({ exitCode }) => exitCode !== 0) });
  return { phase: 'running', message: obstacleOf(job, pods, eventCauses) ?? '' };
}

/**
 * Success of the tool, even if its Job has not ended: another container may keep the pod, or the Job controller may not have counted it yet.
 *
 * @param pods the pods of the Job that still exist, in any order.
 * @returns `undefined` while the tool runs, and if it failed at last.
 */
export function toolSuccess(pods: readonly Pod[]): JobOutcome | undefined {
  if (pods.some((pod) => toolStatusOf(pod)?.state?.running !== undefined)) return undefined;
  const last = endingsOf(pods).at(-1);
  return last?.exitCode === 0 ? succeeded(last.finishedAt, last) : undefined;
}

/** How the tool ended in each pod, the last one at the end. */
const endingsOf = (pods: readonly Pod[]): readonly Terminated[] =>
  pods
    .map((pod) => terminationOf(pod))
    .filter((terminated) => terminated !== undefined)
    .toSorted((a, b) => String(a.finishedAt).localeCompare(String(b.finishedAt)));

/** Why a running Job makes no progress. */
const obstacleOf = (job: Job, pods: readonly Pod[], eventCauses: EventCauses): string | undefined =>
  stoppedJob(job, pods) ?? failingPod(pods, eventCauses) ?? notCreated(job, pods, eventCauses);

/** The pod that keeps a Job from ending which has failed or is being deleted, as a message. */
function stoppedJob(job: Job, pods: readonly Pod[]): string | undefined {
  const target = job.status?.conditions?.find(({ type, status }) => type === 'FailureTarget' && status === 'True');
  if (target === undefined && job.metadata.deletionTimestamp === undefined) return undefined;
  const pod = pods.find((candidate) => !hasPodEnded(candidate));
  if (pod === undefined) return undefined;
  const cause = target === undefined ? 'is being deleted' : failureText(job, target) || 'failed';
  return `Job ${job.metadata.name} ${cause}, but ${unendedText(pod)}`;
}

/** Why a pod of a running Job makes no progress. A pod that has ended well blocks nothing: its Job is about to report it. */
function failingPod(pods: readonly Pod[], eventCauses: EventCauses): string | undefined {
  const unfinished = pods.filter((pod) => terminationOf(pod)?.exitCode !== 0);
  return unfinished.map((pod) => podProblem(pod, eventCauses)).find((problem) => problem?.severity === 'failing')?.message;
}

const succeeded = (time: string | undefined, ended: Terminated | undefined): JobOutcome => ({
  phase: 'succeeded',
  time: time ?? '',
  result: parsedResult(ended?.message),
});

/** Whether the tool has succeeded in a pod that another container keeps running. */
export const isLingering = (pod: Pod): boolean =>
  pod.status?.phase === 'Running' &&
  terminationOf(pod)?.exitCode === 0 &&
  pod.status.containerStatuses?.some(({ name, state }) => name !== BACKUP_CONTAINER_NAME && state?.running !== undefined) === true;

/** Why a Job has no pod. Its status does not contain the reason, but the events of its controller do. */
function notCreated(job: Job, pods: readonly Pod[], eventCauses: EventCauses): string | undefined {
  const said = pods.length > 0 ? undefined : eventCauses.creation(job);
  return said && `its pod cannot be created: ${said}`;
}

function failedOutcome(
  job: Job,
  about: {
    readonly failed: JobCondition;
    readonly pods: readonly Pod[];
    readonly eventCauses: EventCauses;
    readonly last: Terminated | undefined;
  },
): JobOutcome {
  const { failed, pods, eventCauses, last } = about;
  const cause =
    last === undefined ? pods.map((pod) => podProblem(pod, eventCauses)?.message).find((message) => message !== undefined) : ending(last);
  const result = parsedResult(last?.message);
  const backupId = parsedJson(last?.message)?.['id'];
  return {
    phase: 'failed',
    time: failed.lastTransitionTime ?? '',
    message: [failureText(job, failed), cause].filter((text) => text !== undefined && text !== '').join(': '),
    ...(last === undefined ? {} : { exitCode: last.exitCode }),
    ...(typeof backupId === 'string' ? { backupId } : {}),
    ...(result === undefined ? {} : { result }),
  };
}

/** Pods of `job` among `pods`. */
export const podsOf = ({ metadata }: Job, pods: readonly Pod[]): readonly Pod[] => podsByOwner(pods).get(metadata.uid ?? '') ?? [];

/** Pods grouped by owner, for each list of pods: the outcomes of hundreds of Jobs are computed from the same list. */
const groupedPods = new WeakMap<readonly Pod[], ReadonlyMap<string, readonly Pod[]>>();

function podsByOwner(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const known = groupedPods.get(pods);
  if (known !== undefined) return known;
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    for (const { uid } of pod.metadata.ownerReferences ?? []) {
      const group = groups.get(uid);
      if (group === undefined) groups.set(uid, [pod]);
      else group.push(pod);
    }
  }
  groupedPods.set(pods, groups);
  return groups;
}

/** Whether a Job has neither succeeded nor failed yet. */
export const isUnfinished = (job: Job): boolean =>
  !(job.status?.conditions ?? []).some(({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'));

const toolStatusOf = ({ status }: Pod): ContainerStatus | undefined =>
  status?.containerStatuses?.find(({ name }) => name === BACKUP_CONTAINER_NAME);

function terminationOf(pod: Pod): Terminated | undefined {
  const container = toolStatusOf(pod);
  return container?.state?.terminated ?? container?.lastState?.terminated;
}

function failureText(job: Job, { reason, message }: { readonly reason?: string; readonly message?: string }): string {
  if (reason === 'DeadlineExceeded') return `stopped after ${job.spec?.activeDeadlineSeconds ?? '?'} s (activeDeadlineSeconds)`;
  if (reason === 'BackoffLimitExceeded') return `failed ${(job.spec?.backoffLimit ?? 0) + 1} times`;
  // It contains only the pod and the exit code; the cause that follows is more specific.
  return reason === 'PodFailurePolicy' ? '' : (message ?? reason ?? 'failed');
}

/** How the tool or another program ended, with its last output. */
function ending({ exitCode, reason, message }: Terminated): string {
  const error = parsedJson(message)?.['error'];
  const said = typeof error === 'string' ? error : lastLine(message);
  const how = reason === 'OOMKilled' ? `OOMKilled (out of memory), exit ${exitCode}` : `exit ${exitCode}`;
  return said === undefined ? how : `${how}: ${said.slice(0, QUOTE_LIMIT)}`;
}

const lastLine = (text: string | undefined): string | undefined =>
  text
    ?.split('\n')
    .findLast((line) => /\w/.test(line))
    ?.trim();

const COUNTS = ['sizeBytes', 'uncompressedBytes', 'allocatedBytes', 'files', 'databases', 'leftOut', 'damaged'] as const;
const TEXTS = ['sha256', 'doubt'] as const;

/** Any image may run in place of the tool: a value that the schema of a status does not allow would make the whole status invalid. */
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isDuration = (value: unknown): boolean => Number.isFinite(value) && Number(value) >= 0;

/** The tool's result; undefined if the text is something else. */
function parsedResult(text: string | undefined): ToolResult | undefined {
  const json = parsedJson(text);
  if (typeof json?.['id'] !== 'string' || typeof json['key'] !== 'string') return undefined;
  const mode = VERIFICATION_MODES.find((candidate) => candidate === json['mode']);
  return {
    id: json['id'],
    key: json['key'],
    ...(mode === undefined ? {} : { mode }),
    ...Object.fromEntries(COUNTS.filter((name) => isCount(json[name])).map((name) => [name, json[name]])),
    ...(isDuration(json['durationSeconds']) ? { durationSeconds: json['durationSeconds'] as number } : {}),
    ...Object.fromEntries(TEXTS.filter((name) => typeof json[name] === 'string').map((name) => [name, json[name]])),
    ...(Array.isArray(json['warnings']) ? { warnings: json['warnings'].filter((warning) => typeof warning === 'string') } : {}),
  };
}

function parsedJson(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  const line = lastLine(text);
  if (line?.startsWith('{') !== true) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
