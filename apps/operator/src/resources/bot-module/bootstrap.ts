import { ANNOTATION } from '@eeveebot/contract';
import type { S3Store } from '@eeveebot/crds';
import { jobOutcome, podsOf } from '../../backup/job-outcome.ts';
import { usableStore } from '../../backup/ready-store.ts';
import { isHolding } from '../../backup/restores.ts';
import type { Job, Pod } from '../../kubernetes.ts';
import type { ObservedModule } from './observe.ts';

/** Where a module with a volume stands before its first start. */
export type BootstrapPhase =
  /** It may start: nothing is to be restored, or it has been. */
  | { readonly phase: 'done' }
  /** It may start: the backup has just been restored, and the Job that did it can go. */
  | { readonly phase: 'restored'; readonly job: Job }
  /** The store is to be asked for the backup. */
  | { readonly phase: 'look'; readonly store: S3Store }
  | { readonly phase: 'restoring'; readonly message: string }
  | { readonly phase: 'failed'; readonly message: string }
  /** Something is missing or in the way. */
  | { readonly phase: 'waiting'; readonly message: string };

/**
 * May this module start? Where a backup is to be restored first, only after it has been; but never is anything restored
 * over a volume that a module has run on.
 */
export function bootstrapPhase(observed: ObservedModule): BootstrapPhase {
  const { module, deployment, volumeClaim, bootstrapJob, jobPods, restores } = observed;
  const { bootstrapFromBackup, persistentVolumeClaim } = module.spec;
  if (persistentVolumeClaim === undefined) return { phase: 'done' };
  const isLive = volumeClaim?.metadata.annotations?.[ANNOTATION.bootstrapped] === 'true';
  // The module runs on it, or has run: what is there is live.
  if (isLive || bootstrapFromBackup === undefined || deployment !== undefined) return doneWith(bootstrapJob, jobPods);

  if (bootstrapJob !== undefined && bootstrapJob.metadata.deletionTimestamp === undefined) {
    const outcome = jobOutcome(bootstrapJob, podsOf(bootstrapJob, jobPods), observed.witnesses);
    if (outcome.phase === 'succeeded') return { phase: 'restored', job: bootstrapJob };
    if (outcome.phase === 'failed') return { phase: 'failed', message: failureMessage(bootstrapJob, outcome.message) };
    return { phase: 'restoring', message: restoringMessage(bootstrapJob, outcome.message) };
  }
  if (bootstrapJob !== undefined) return { phase: 'waiting', message: `Job ${bootstrapJob.metadata.name} is being deleted` };
  const restore = restores.find(isHolding);
  if (restore !== undefined) return { phase: 'waiting', message: `BackupRestore ${restore.metadata.name} restores the volume` };
  const store = usableStore(observed.bootstrapStore, {
    field: 'spec.bootstrapFromBackup.s3Store.name',
    name: bootstrapFromBackup.s3Store.name,
    namespace: module.metadata.namespace,
  });
  return 'reason' in store ? { phase: 'waiting', message: store.message } : { phase: 'look', store };
}

/** Nothing is to be restored (any more). A Job that did is still there where the operator was stopped before it removed it. */
function doneWith(job: Job | undefined, pods: readonly Pod[]): BootstrapPhase {
  if (job === undefined || job.metadata.deletionTimestamp !== undefined) return { phase: 'done' };
  return jobOutcome(job, podsOf(job, pods)).phase === 'succeeded' ? { phase: 'restored', job } : { phase: 'done' };
}

/** The obstacle, if there is one; and which backups were not taken. */
function restoringMessage({ metadata }: Job, obstacle: string): string {
  const passedOver = metadata.annotations?.[ANNOTATION.backupsPassedOver];
  return [obstacle === '' ? 'the backup is being restored' : obstacle, ...(passedOver === undefined ? [] : [passedOver])].join('; ');
}

const failureMessage = (job: Job, cause: string): string =>
  `Job ${job.metadata.name} failed, and the module was not started: ${cause}; delete the Job to try again`;
