import { moduleVolumeClaimName, runsBackupCommand } from '@eeveebot/contract';
import { objectText } from '../controller/objects/deletion.ts';
import { isOwnedBy } from '../controller/objects/owners.ts';
import type { EventCauses } from '../diagnosis/event-causes.ts';
import { deletionState, unendedText } from '../diagnosis/pod-problem.ts';
import type { Job, Pod } from '../resource-types/kubernetes.ts';
import { hasPodEnded } from '../resource-types/pod-phase.ts';
import { isUnfinished, jobOutcome, podsOf } from './job-outcome.ts';

/** Jobs and pods of the backup tool for one module. */
export interface ToolWork {
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
}

/**
 * The restore that may write to the volume of a module: a restore Job that has not finished, or a pod of one that has not ended, even
 * while it is being deleted. Statuses are not used, because they can be late and disappear with their resource. While there is a
 * holder, no pod of the module and no other Job may write to the volume.
 *
 * @param given.module name of the BotModule.
 * @param given.except uid of the caller's own Job: neither it nor its pods are reported.
 * @returns kind and name, such as `Job back-restore`, and the state of a deletion; `undefined` when the volume is free.
 */
export function volumeHolder(
  { jobs, pods }: ToolWork,
  { module, except }: { readonly module: string; readonly except?: string | undefined },
): string | undefined {
  const job = jobs.find(
    (candidate) => candidate.metadata.uid !== except && isUnfinished(candidate) && runsBackupCommand(candidate, 'restore'),
  );
  if (job !== undefined) return objectText(job);
  const claimName = moduleVolumeClaimName(module);
  const pod = pods.find(
    (candidate) => runsBackupCommand(candidate, 'restore') && usesClaim(candidate, claimName) && !isOwnedBy(candidate, except),
  );
  return pod && `pod ${pod.metadata.name}`;
}

/**
 * Why the restore that holds a module's volume makes no progress, and what ends it; `undefined` if it does, or if no restore runs. A pod
 * that is being deleted and whose Job is gone or has ended only has to end.
 */
export function volumeHolderProblem({ jobs, pods }: ToolWork, eventCauses: EventCauses): string | undefined {
  const restores = jobs.filter((job) => isUnfinished(job) && runsBackupCommand(job, 'restore'));
  const [problem] = restores
    .map((job) => jobOutcome(job, podsOf(job, pods), eventCauses))
    .flatMap((outcome) => (outcome.phase === 'running' && outcome.message !== '' ? [outcome.message] : []));
  if (problem !== undefined || restores.length > 0) return problem;
  const isLeft = (pod: Pod) => runsBackupCommand(pod, 'restore') && !hasPodEnded(pod) && pod.metadata.deletionTimestamp !== undefined;
  const left = pods.find(isLeft);
  return left && unendedText(left);
}

/** A message about the restore that holds a volume, and why it makes no progress. */
export const withHolderProblem = (message: string, work: ToolWork, eventCauses: EventCauses): string =>
  [message, volumeHolderProblem(work, eventCauses)].filter((text) => text !== undefined).join(': ');

/** Whether a pod that has not ended mounts the claim. */
export const usesClaim = (pod: Pod, claimName: string): boolean => !hasPodEnded(pod) && namesClaim(pod, claimName);

/** Message about a pod that keeps a volume in use. */
export function usesVolumeText(pod: Pod): string {
  const state = deletionState(pod);
  return `pod ${pod.metadata.name} still uses the volume${state === undefined ? '' : `: it ${state}`}`;
}

/** Pods that have ended and still name the claim: Kubernetes keeps a claim that is being deleted until these pods are deleted as well. */
export const endedPodsOf = (pods: readonly Pod[], claimName: string): readonly Pod[] =>
  pods.filter((pod) => hasPodEnded(pod) && namesClaim(pod, claimName));

const namesClaim = ({ spec }: Pod, claimName: string): boolean =>
  spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === claimName) ?? false;

/** A backup that is in progress or waits for its pod. A verification never mounts the volume. */
export const unfinishedBackup = (jobs: readonly Job[]): Job | undefined =>
  jobs.find((job) => isUnfinished(job) && runsBackupCommand(job, 'backup'));
