import { ANNOTATION, backupPrefix, defined, formerBackupPrefix, LABEL, labelValue, runsBackupCommand } from '@eeveebot/contract';
import type { BackupRestore, BackupRestoreReason, BotModule } from '@eeveebot/crds';
import { isTerminating } from '../../backup-jobs/claim-marks.ts';
import { isUnfinished, jobOutcome, podsOf, toolSuccess, type JobOutcome } from '../../backup-jobs/job-outcome.ts';
import { hasEnded, hasFinalizer, isHolding, recordedEnd } from '../../backup-jobs/restores.ts';
import { usesClaim } from '../../backup-jobs/volume-holder.ts';
import { delayedBy, leftoverText } from '../../controller/objects/deletion.ts';
import { isControlledBy, isLeftover } from '../../controller/objects/owners.ts';
import { conditionOf } from '../../controller/objects/status.ts';
import { unendedState } from '../../diagnosis/pod-problem.ts';
import type { CronJob, Job, Pod } from '../../resource-types/kubernetes.ts';
import { hasPodEnded } from '../../resource-types/pod-phase.ts';
import type { FoundBackup } from '../../stores/object-stores.ts';
import { obstacleToClaim, obstacleToStart, otherHolder, restoreTarget, type RestoreTarget } from './checks.ts';
import type { ObservedRestore } from './observe.ts';

/** The next step of a restore. */
export type RestorePlan =
  /** The restore has ended before and is never changed again. */
  | { readonly action: 'none' }
  /**
   * It has ended or is being deleted, and none of its pods writes to the volume: release the volume and the CronJobs. `outcome`: how it ended
   * if it was deleted before that was recorded.
   */
  | { readonly action: 'let-go'; readonly outcome?: JobOutcome }
  /** It is being deleted, and its Job may write to the volume: delete the Job first. `success`: that of the tool, which its pod shows. */
  | { readonly action: 'stop'; readonly job: Job | undefined; readonly message: string; readonly success?: JobOutcome }
  /** The module was not stopped in time. */
  | { readonly action: 'give-up'; readonly job: Job | undefined; readonly message: string }
  /** A dependency is missing or the volume is in use; continues automatically when that changes. */
  | {
      readonly action: 'wait';
      readonly reason: BackupRestoreReason;
      readonly message: string;
      /** A suspended Job that must never run: delete it, and begin again. */
      readonly outdated?: Job;
    }
  /** Asks the store for the backup, then claims the module's volume. */
  | ({ readonly action: 'find' } & RestoreTarget)
  /** The volume is free according to the cache: start the Job if no other pod has the volume mounted. */
  | ({ readonly action: 'start'; readonly backup: FoundBackup } & RestoreTarget)
  /** The suspended Job exists, and its name is not in the status yet. */
  | { readonly action: 'note'; readonly jobName: string; readonly backup: FoundBackup }
  /** The Job's name is in the status: release the Job if no pod has the volume mounted. */
  | { readonly action: 'release'; readonly job: Job; readonly module: BotModule }
  | { readonly action: 'watch'; readonly outcome: JobOutcome }
  /** It has ended before, but its status was lost. */
  | { readonly action: 'recall'; readonly outcome: JobOutcome };

/**
 * Decides only from the observed state and the time.
 *
 * @param stopDueInMs milliseconds until the module must have stopped.
 */
export function restorePlan(observed: ObservedRestore, stopDueInMs: number): RestorePlan {
  const { restore, job } = observed;
  if (restore.metadata.deletionTimestamp !== undefined) return deletionPlan(observed);
  if (hasEnded(restore)) return { action: isReleased(observed) ? 'none' : 'let-go' };
  const own = ownJob(observed);
  if (own !== undefined && own.metadata.deletionTimestamp === undefined) return jobPlan(observed, own, stopDueInMs);
  const jobName = restore.status?.jobName;
  if (jobName !== undefined) return { action: 'watch', outcome: goneOutcome(jobName) };
  const end = recordedEnd(restore);
  if (end !== undefined) return { action: 'recall', outcome: recalledOutcome(end) };
  if (job !== undefined) return wait('Pending', otherJob(job, restore));
  return claimPlan(observed, stopDueInMs);
}

function recalledOutcome(end: 'Succeeded' | 'Failed'): JobOutcome {
  if (end === 'Succeeded') return { phase: 'succeeded', time: '', result: undefined };
  return { phase: 'failed', time: '', message: 'it had failed before its status was lost; create another BackupRestore to try again' };
}

const wait = (reason: BackupRestoreReason, message: string): RestorePlan => ({ action: 'wait', reason, message });

/** The Job of this restore; undefined for a Job of that name that it does not control. */
const ownJob = ({ restore, job }: ObservedRestore): Job | undefined =>
  job !== undefined && isControlledBy(job, restore) ? job : undefined;

/** Before the Job exists: checks everything that can be checked while the module runs, then claims the volume. */
function claimPlan(observed: ObservedRestore, stopDueInMs: number): RestorePlan {
  const target = restoreTarget(observed);
  if ('reason' in target) return { action: 'wait', ...target };
  const other = otherHolder(observed, target.module);
  if (other !== undefined) return { action: 'wait', ...other };
  const backup = claimedBackup(observed, target);
  if (backup === undefined) {
    const obstacle = obstacleToClaim(observed, target.module);
    return obstacle === undefined ? { action: 'find', ...target } : { action: 'wait', ...obstacle };
  }
  const obstacle = obstacleToStart(observed, target.module);
  if (obstacle === undefined) return { action: 'start', ...target, backup };
  return outOfTime(observed, obstacle, stopDueInMs) ?? wait('WaitingForModuleToStop', obstacle);
}

/**
 * With a Job. The Job stays suspended until its name is in the status: a Job that is gone and not in the status has never run, and one that
 * has run is never created again.
 */
function jobPlan(observed: ObservedRestore, job: Job, stopDueInMs: number): RestorePlan {
  return job.spec?.suspend === true ? suspendedJobPlan(observed, job, stopDueInMs) : startedJobPlan(observed, job);
}

function startedJobPlan(observed: ObservedRestore, job: Job): RestorePlan {
  const lost = lostVolume(observed, job);
  if (lost !== undefined) return { action: 'give-up', job, message: lost };
  return { action: 'watch', outcome: jobOutcome(job, podsOf(job, observed.pods), observed.eventCauses) };
}

function suspendedJobPlan(observed: ObservedRestore, job: Job, stopDueInMs: number): RestorePlan {
  const { restore, module } = observed;
  const { name } = job.metadata;
  const isRecorded = restore.status?.jobName === name;
  if (!isOfSpec(job, restore)) {
    const message = `Job ${name} was created for an earlier spec`;
    if (isRecorded) return { action: 'give-up', job, message: `${message}: nothing was restored` };
    return { action: 'wait', reason: 'Pending', message: `${message}: it is removed, and the restore begins again`, outdated: job };
  }
  if (!isRecorded) return { action: 'note', jobName: name, backup: backupOf(job, restore) };
  if (module === undefined) {
    const gone = `BotModule ${restore.spec.botModule.name} no longer exists`;
    return { action: 'give-up', job, message: `${gone}: its volume was not changed` };
  }
  const obstacle = obstacleToStart(observed, module);
  if (obstacle === undefined) return { action: 'release', job, module };
  return outOfTime(observed, obstacle, stopDueInMs) ?? { action: 'watch', outcome: { phase: 'running', message: obstacle } };
}

/** Whether a Job restores what the spec asks for. The spec can change until the Job is recorded. Jobs of earlier releases name only the module. */
function isOfSpec({ metadata }: Job, restore: BackupRestore): boolean {
  const generation = metadata.annotations?.[ANNOTATION.restoreGeneration];
  if (generation !== undefined && generation !== restore.metadata.generation?.toString()) return false;
  return metadata.labels?.[LABEL.module] === labelValue(restore.spec.botModule.name);
}

/** The backup that a Job was created for. */
function backupOf({ metadata }: Job, { status }: BackupRestore): FoundBackup {
  const { [ANNOTATION.backupId]: id = '', [ANNOTATION.backupKey]: key = '' } = metadata.annotations ?? {};
  return { id, key, ...defined({ passedOver: status?.passedOver }) };
}

/**
 * Why the volume is lost to the Job. No new pod can use a claim that is being deleted, and the failed pods of the Job keep the claim from
 * being removed: without this check, both would remain until the Job's deadline, and the module would wait that long.
 */
function lostVolume({ volumeClaim, pods }: ObservedRestore, job: Job): string | undefined {
  if (volumeClaim === undefined || !isTerminating(volumeClaim) || !isUnfinished(job)) return undefined;
  const { name } = volumeClaim.metadata;
  const isAtWork = podsOf(job, pods).some((pod) => pod.spec?.nodeName !== undefined && usesClaim(pod, name));
  return isAtWork ? undefined : `volume claim ${name} is being deleted${delayedBy(volumeClaim)}, so the backup cannot be restored into it`;
}

/** Ends a restore whose module could not be stopped in time. */
function outOfTime(observed: ObservedRestore, obstacle: string, stopDueInMs: number): RestorePlan | undefined {
  if (stopDueInMs > 0) return undefined;
  return { action: 'give-up', job: ownJob(observed), message: timeoutMessage(observed.restore, obstacle) };
}

/** Message of a restore that waited too long for the volume. */
export const timeoutMessage = ({ spec }: BackupRestore, obstacle: string): string =>
  `the volume did not become free within ${spec.stopTimeoutSeconds} s (spec.stopTimeoutSeconds): ${obstacle}; nothing was restored, and the module is scaled up again`;

/** A deleted restore remains until its Job and the Job's pods are gone, or have ended well. */
function deletionPlan(observed: ObservedRestore): RestorePlan {
  const { restore, pods } = observed;
  if (!hasFinalizer(restore)) return { action: 'none' };
  const job = ownJob(observed);
  const unfinished = job !== undefined && isUnfinished(job) ? job : undefined;
  // It is lost with the pods of a Job that is deleted.
  const success = unfinished && toolSuccess(podsOf(unfinished, pods));
  const stop = stopPlan(unfinished, { pod: unendedPod(observed), success });
  if (stop !== undefined) return stop;
  return hasEnded(restore) ? { action: 'let-go' } : { action: 'let-go', outcome: success ?? deletedOutcome(observed, job) };
}

/** Stops the Job of a deleted restore, unless it has only to be counted as complete. */
function stopPlan(
  job: Job | undefined,
  { pod, success }: { readonly pod: Pod | undefined; readonly success: JobOutcome | undefined },
): RestorePlan | undefined {
  // The Job remains until its pods are gone.
  if (pod !== undefined && (job === undefined || job.metadata.deletionTimestamp !== undefined))
    return { action: 'stop', job, message: unendedText(pod), ...defined({ success }) };
  if (job === undefined || (pod === undefined && success !== undefined)) return undefined;
  return { action: 'stop', job, message: `Job ${job.metadata.name} is being deleted${delayedBy(job)}`, ...defined({ success }) };
}

function unendedPod({ restore, pods }: ObservedRestore): Pod | undefined {
  const label = labelValue(restore.metadata.name);
  return pods.find((pod) => pod.metadata.labels?.[LABEL.backupRestore] === label && runsBackupCommand(pod, 'restore') && !hasPodEnded(pod));
}

/** Outcome of a restore that was deleted before it was recorded. */
const deletedOutcome = ({ pods, eventCauses }: ObservedRestore, job: Job | undefined): JobOutcome =>
  job === undefined
    ? { phase: 'failed', time: '', message: 'the BackupRestore was deleted before the restore had ended' }
    : jobOutcome(job, podsOf(job, pods), eventCauses);

function unendedText(pod: Pod): string {
  const state = unendedState(pod);
  return `pod ${pod.metadata.name} of the deleted restore has not ended${state === undefined ? '' : `: it ${state}`}`;
}

const isReleased = (observed: ObservedRestore): boolean =>
  !hasFinalizer(observed.restore) && heldCronJobs(observed).length === 0 && !isUnreleased(observed.restore);

/** Condition of a restore that could not release everything. */
export const RELEASED = 'Released';

/** Whether the status says that something could not be released. */
export const isUnreleased = ({ status }: BackupRestore): boolean => conditionOf(status, RELEASED) !== undefined;

/** CronJobs that this restore has suspended. */
export const heldCronJobs = ({ restore, cronJobs }: ObservedRestore): readonly CronJob[] =>
  cronJobs.filter(({ metadata }) => metadata.annotations?.[ANNOTATION.suspendedFor] === restore.metadata.uid);

/** Why the Job's name is taken by another Job. */
function otherJob(job: Job, restore: BackupRestore): string {
  const { name, deletionTimestamp } = job.metadata;
  if (isLeftover(job, restore)) return leftoverText(job, restore);
  if (deletionTimestamp !== undefined) return `Job ${name} is being removed${delayedBy(job)}`;
  return `Job ${name} exists and is not controlled by this BackupRestore: delete it, or create the BackupRestore with another name`;
}

/** Outcome of a Job that was created and is gone: its result is unknown, and a second run could overwrite later changes. */
const goneOutcome = (jobName: string): JobOutcome => ({
  phase: 'failed',
  time: '',
  message: `Job ${jobName} was deleted before its result was observed, so the outcome is unknown`,
});

/** The backup that was found when the volume was claimed; undefined if the spec has since been changed to another backup, store or module. */
function claimedBackup({ restore }: ObservedRestore, { store, module }: RestoreTarget): FoundBackup | undefined {
  const { foundIn, key = '' } = restore.status ?? {};
  const owner = { namespace: module.metadata.namespace, moduleName: module.spec.moduleName };
  const beginnings = [backupPrefix(store.spec.prefix, owner), formerBackupPrefix(store.spec.prefix, owner)];
  if (!beginnings.some((beginning) => key.startsWith(beginning))) return undefined;
  if (foundIn?.s3Store !== store.metadata.name || foundIn.generation !== store.metadata.generation) return undefined;
  const backup = isHolding(restore) ? recordedBackup(restore) : undefined;
  return restore.spec.backupId === undefined || restore.spec.backupId === backup?.id ? backup : undefined;
}

/** The backup that the status names. */
export function recordedBackup({ status }: BackupRestore): FoundBackup | undefined {
  const { backupId, key, passedOver } = status ?? {};
  if (backupId === undefined || key === undefined) return undefined;
  return { id: backupId, key, ...defined({ passedOver }) };
}
