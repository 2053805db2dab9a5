import { ANNOTATION, moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModule, S3Store } from '@eeveebot/crds';
import { isLive, isRecreated } from '../../backup-jobs/claim-marks.ts';
import { jobOutcome, podsOf } from '../../backup-jobs/job-outcome.ts';
import { isHolding } from '../../backup-jobs/restores.ts';
import { usesClaim, usesVolumeText, volumeHolder, withHolderProblem } from '../../backup-jobs/volume-holder.ts';
import { delayedBy } from '../../controller/objects/deletion.ts';
import { isControlledBy } from '../../controller/objects/owners.ts';
import type { Deployment, Job, PersistentVolumeClaim, Pod } from '../../resource-types/kubernetes.ts';
import { usableStore } from '../../stores/ready-store.ts';
import { firstVerdict } from '../first-verdict.ts';
import type { ObservedModule } from './observe.ts';

/** State of a module with a volume before its first start. */
export type BootstrapPhase =
  /** It may start: there is nothing to restore, or the restore is done. */
  | { readonly phase: 'done' }
  /** It may start: the backup has just been restored, and its Job can be deleted. */
  | { readonly phase: 'restored'; readonly job: Job }
  /** Search the store for the backup. */
  | { readonly phase: 'look'; readonly store: S3Store }
  /** `obstacle`: why the Job makes no progress. */
  | { readonly phase: 'restoring'; readonly message: string; readonly obstacle?: string }
  | { readonly phase: 'failed'; readonly message: string }
  /** Something is missing or in the way. */
  | { readonly phase: 'waiting'; readonly message: string }
  /** The Job restored into a volume that no longer exists: delete the Job, and restore the backup again. */
  | { readonly phase: 'outdated'; readonly job: Job; readonly message: string }
  /** The volume is new: delete the Deployment that ran on the previous one first. */
  | { readonly phase: 'stopping'; readonly message: string };

/**
 * Whether this module may start. A module with a backup to restore may start only after the restore; nothing is ever restored over a volume
 * that a module has run on.
 */
export function bootstrapPhase(observed: ObservedModule): BootstrapPhase {
  const { module, bootstrapJob: job, jobPods } = observed;
  const { bootstrapFromBackup, persistentVolumeClaim } = module.spec;
  if (persistentVolumeClaim === undefined) return { phase: 'done' };
  if (bootstrapFromBackup === undefined || hasLiveData(observed)) return doneWith(module, job, jobPods);
  const phase = firstVerdict(RESTORE_STEPS, observed);
  if (phase !== undefined) return phase;
  const store = usableStore(observed.bootstrapStore, {
    field: 'spec.bootstrapFromBackup.s3Store.name',
    name: bootstrapFromBackup.s3Store.name,
    namespace: module.metadata.namespace,
  });
  return 'reason' in store ? { phase: 'waiting', message: store.message } : { phase: 'look', store };
}

/** States in which no backup is searched yet, those that take precedence first. */
const RESTORE_STEPS: readonly ((observed: ObservedModule) => BootstrapPhase | undefined)[] = [lostVolume, runningJob, occupiedVolume];

/** Whether the volume has data of the module: it runs, or has run, and the claim exists and is still the one that it ran on. */
export const hasLiveData = ({ deployment, volumeClaim }: ObservedModule): boolean =>
  isLive(volumeClaim) || (deployment !== undefined && volumeClaim !== undefined && hasRunOn(deployment, volumeClaim));

/** A claim whose marks another client has changed, such as one that applies a manifest of a former claim, is still the recorded one. */
const hasRunOn = (deployment: Deployment, claim: PersistentVolumeClaim): boolean =>
  recordedClaimOf(deployment) === undefined ? !isRecreated(claim) : isOfClaim(deployment, claim);

function lostVolume({ module, deployment, volumeClaim }: ObservedModule): BootstrapPhase | undefined {
  if (deployment === undefined) return undefined;
  const name = moduleVolumeClaimName(module.metadata.name);
  const message =
    volumeClaim === undefined
      ? `volume claim ${name} no longer exists: the module is stopped until the backup is restored into a new volume`
      : `volume claim ${name} was deleted and created again: the module is stopped until the backup is restored into it, unless it has data`;
  return { phase: 'stopping', message };
}

function runningJob({ module, bootstrapJob: job, jobPods, volumeClaim, eventCauses }: ObservedModule): BootstrapPhase | undefined {
  if (job === undefined || !isControlledBy(job, module) || job.metadata.deletionTimestamp !== undefined) return undefined;
  const outcome = jobOutcome(job, podsOf(job, jobPods), eventCauses);
  if (outcome.phase !== 'running' && !isOfClaim(job, volumeClaim)) return outdatedJob(job);
  switch (outcome.phase) {
    case 'succeeded':
      return { phase: 'restored', job };
    case 'failed':
      return { phase: 'failed', message: failureMessage(job, outcome.message) };
    case 'running':
      return restoring(job, job.spec?.suspend === true ? `Job ${job.metadata.name} is suspended (spec.suspend)` : outcome.message);
  }
}

function occupiedVolume(observed: ObservedModule): BootstrapPhase | undefined {
  const message = obstacleToRestore(observed);
  return message === undefined ? undefined : { phase: 'waiting', message };
}

/** Whether a Job or Deployment used this very claim, and not an earlier one of its name. Those of earlier releases do not record it. */
const isOfClaim = (user: Job | Deployment, claim: PersistentVolumeClaim | undefined): boolean => {
  const uid = recordedClaimOf(user);
  return uid === undefined || uid === claim?.metadata.uid;
};

const recordedClaimOf = ({ metadata }: Job | Deployment): string | undefined => metadata.annotations?.[ANNOTATION.claimUid];

const outdatedJob = (job: Job): BootstrapPhase => ({
  phase: 'outdated',
  job,
  message: `Job ${job.metadata.name} restored into a volume that no longer exists: the Job is removed, and the backup is restored again`,
});

/** A user of the volume, or an object with the name of the Job: while there is one, no Job is created. */
function obstacleToRestore({
  module,
  bootstrapJob: job,
  jobs,
  jobPods,
  pods,
  restores,
  toolWork,
  eventCauses,
}: ObservedModule): string | undefined {
  if (job !== undefined) return existingJob(module, job);
  const restore = restores.find(isHolding);
  if (restore !== undefined) return withHolderProblem(`BackupRestore ${restore.metadata.name} restores the volume`, toolWork, eventCauses);
  const { name } = module.metadata;
  const holder = volumeHolder({ jobs, pods: jobPods }, { module: name });
  if (holder !== undefined) return withHolderProblem(`${holder} still restores the volume`, toolWork, eventCauses);
  const pod = pods.find((candidate) => usesClaim(candidate, moduleVolumeClaimName(name)));
  return pod && usesVolumeText(pod);
}

/** Message for a Job of that name that this module does not control, or that is being deleted. */
function existingJob(module: BotModule, job: Job): string {
  const { name, deletionTimestamp } = job.metadata;
  if (deletionTimestamp !== undefined) return `Job ${name} is being deleted${delayedBy(job)}`;
  return `Job ${name} exists and is not controlled by BotModule ${module.metadata.name}: delete it to restore the backup`;
}

/** Nothing (more) to restore. The Job may still exist if the operator was stopped before it deleted the Job. */
function doneWith(module: BotModule, job: Job | undefined, pods: readonly Pod[]): BootstrapPhase {
  if (job === undefined || job.metadata.deletionTimestamp !== undefined || !isControlledBy(job, module)) return { phase: 'done' };
  return jobOutcome(job, podsOf(job, pods)).phase === 'succeeded' ? { phase: 'restored', job } : { phase: 'done' };
}

/** The obstacle, if there is one, and the backups that were passed over. */
function restoring({ metadata }: Job, obstacle: string): BootstrapPhase {
  const passedOver = metadata.annotations?.[ANNOTATION.backupsPassedOver];
  const message = [obstacle === '' ? 'the backup is being restored' : obstacle, ...(passedOver === undefined ? [] : [passedOver])].join(
    '; ',
  );
  return { phase: 'restoring', message, ...(obstacle === '' ? {} : { obstacle }) };
}

const failureMessage = (job: Job, cause: string): string =>
  `Job ${job.metadata.name} failed, and the module was not started: ${cause}; delete the Job to try again`;
