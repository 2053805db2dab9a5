import { ANNOTATION, runsBackupCommand } from '@eeveebot/contract';
import type { BackupRestore, BackupRestoreReason, BotModule, S3Store } from '@eeveebot/crds';
import { isUnfinished, jobOutcome, podsOf, type JobOutcome } from '../../backup/job-outcome.ts';
import type { FoundBackup } from '../../backup/object-stores.ts';
import { usableStore } from '../../backup/ready-store.ts';
import { hasEnded, isHolding } from '../../backup/restores.ts';
import type { Job, Pod } from '../../kubernetes.ts';
import { isPaused } from '../paused.ts';
import type { ObservedRestore } from './observe.ts';

/** What is to be done about a restore now. */
export type RestorePlan =
  /** It has ended before: nothing is ever done about it again. */
  | { readonly action: 'none' }
  /** Something is missing or in the way; it goes on by itself when that changes. */
  | { readonly action: 'wait'; readonly reason: BackupRestoreReason; readonly message: string }
  /** The store is to be asked for the backup; then the module's volume is claimed. */
  | { readonly action: 'find'; readonly module: BotModule; readonly store: S3Store }
  /** The volume is free as far as can be seen: the Job may start when no other pod has it mounted. */
  | { readonly action: 'start'; readonly module: BotModule; readonly store: S3Store; readonly backup: FoundBackup }
  /** The Job was made, suspended, and its name is still to be noted. */
  | { readonly action: 'note'; readonly jobName: string; readonly backup: FoundBackup }
  /** The Job's name is noted: it may run when no pod has the volume mounted. */
  | { readonly action: 'release'; readonly job: Job }
  | { readonly action: 'watch'; readonly outcome: JobOutcome };

/** Decides, from what is observed alone. */
export function restorePlan(observed: ObservedRestore): RestorePlan {
  const { restore, job, pods, module } = observed;
  if (hasEnded(restore)) return { action: 'none' };
  const leftover = job !== undefined && isLeftover(job, restore);
  if (job !== undefined && !leftover && job.metadata.deletionTimestamp === undefined) {
    if (job.spec?.suspend === true) return heldJob(restore, job);
    return { action: 'watch', outcome: jobOutcome(job, podsOf(job, pods), observed.witnesses) };
  }
  const jobName = restore.status?.jobName;
  if (jobName !== undefined) return { action: 'watch', outcome: goneOutcome(jobName) };
  if (job !== undefined)
    return wait('Pending', `Job ${job.metadata.name}${leftover ? ' of a deleted BackupRestore of this name' : ''} is being removed`);

  const { namespace } = restore.metadata;
  const { botModule, s3Store } = restore.spec;
  if (module === undefined) {
    return wait(
      'BotModuleNotFound',
      `spec.botModule.name is ${botModule.name}, and there is no such BotModule in namespace ${namespace}: create it or correct the name`,
    );
  }
  if (module.spec.persistentVolumeClaim === undefined) {
    return wait('NoVolume', `BotModule ${botModule.name} has no volume: add spec.persistentVolumeClaim to it`);
  }
  const store = usableStore(observed.store, { field: 'spec.s3Store.name', name: s3Store.name, namespace });
  if ('reason' in store) return wait(store.reason, store.message);

  const other = otherHolder(observed);
  if (other !== undefined) return wait('Pending', `${other} has the volume: this restore runs after it`);
  const backup = claimedBackup(observed);
  if (backup === undefined) return { action: 'find', module, store };
  const obstacle = obstacleToStart(observed, module);
  return obstacle === undefined ? { action: 'start', module, store, backup } : wait('WaitingForModuleToStop', obstacle);
}

const wait = (reason: BackupRestoreReason, message: string): RestorePlan => ({ action: 'wait', reason, message });

/** Whether the Job is that of a BackupRestore which was deleted and made anew under its name. */
const isLeftover = (job: Job, { metadata }: BackupRestore): boolean =>
  job.metadata.ownerReferences?.some(
    ({ controller, kind, uid }) => controller === true && kind === 'BackupRestore' && uid !== metadata.uid,
  ) === true;

/** A Job does nothing before its name is noted: so one that is gone without a note has never run, and one that ran is never made again. */
function heldJob(restore: BackupRestore, job: Job): RestorePlan {
  if (restore.status?.jobName === job.metadata.name) return { action: 'release', job };
  const { [ANNOTATION.backupId]: id = '', [ANNOTATION.backupKey]: key = '' } = job.metadata.annotations ?? {};
  const passedOver = restore.status?.passedOver;
  return { action: 'note', jobName: job.metadata.name, backup: { id, key, ...(passedOver === undefined ? {} : { passedOver }) } };
}

/** A Job that was made and is gone: what it did cannot be known, and a second run might undo what was done since. */
const goneOutcome = (jobName: string): JobOutcome => ({
  phase: 'failed',
  time: '',
  message: `Job ${jobName} was deleted before its end was seen: what it did is not known`,
});

/** Who else has the module's volume to itself. */
function otherHolder({ restore, restores, jobs }: ObservedRestore): string | undefined {
  const other = restores.find((candidate) => candidate.metadata.uid !== restore.metadata.uid && isHolding(candidate));
  if (other !== undefined) return `BackupRestore ${other.metadata.name}`;
  const job = jobs.find((candidate) => isUnfinished(candidate) && runsBackupCommand(candidate, 'restore'));
  return job === undefined ? undefined : `Job ${job.metadata.name}`;
}

/** The backup that was found when the volume was claimed; none when another one has been asked for since. */
function claimedBackup({ restore }: ObservedRestore): FoundBackup | undefined {
  const backup = isHolding(restore) ? recordedBackup(restore) : undefined;
  return restore.spec.backupId === undefined || restore.spec.backupId === backup?.id ? backup : undefined;
}

/** The backup that the status names. */
export function recordedBackup({ status }: BackupRestore): FoundBackup | undefined {
  const { backupId, key, passedOver } = status ?? {};
  if (backupId === undefined || key === undefined) return undefined;
  return { id: backupId, key, ...(passedOver === undefined ? {} : { passedOver }) };
}

/** What still uses the volume, or might begin to. */
function obstacleToStart({ deployment, pods, cronJob, volumeClaim, jobs }: ObservedRestore, module: BotModule): string | undefined {
  const { name } = module.metadata;
  if (volumeClaim === undefined) return `the volume claim of BotModule ${name} does not exist yet`;
  if (deployment !== undefined && (deployment.spec?.replicas !== 0 || (deployment.status?.replicas ?? 0) > 0)) {
    return isPaused(module)
      ? `BotModule ${name} is paused and so cannot be stopped: remove its annotation ${ANNOTATION.paused}`
      : `BotModule ${name} is being scaled to 0`;
  }
  const pod = pods.find((candidate) => usesClaim(candidate, volumeClaim.metadata.name));
  if (pod !== undefined) return `pod ${pod.metadata.name} still uses the volume`;
  // A verification never mounts the volume.
  const backup = jobs.find((job) => isUnfinished(job) && !runsBackupCommand(job, 'verify'));
  if (backup !== undefined) return `Job ${backup.metadata.name} is running`;
  if (cronJob !== undefined && cronJob.spec?.suspend !== true) return `CronJob ${cronJob.metadata.name} is being suspended`;
  return undefined;
}

/** Whether a pod that has not ended mounts the claim. */
export function usesClaim({ spec, status }: Pod, claimName: string): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  return spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === claimName) ?? false;
}
