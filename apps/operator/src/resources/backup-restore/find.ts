import type { BackupRestore, S3Store } from '@eeveebot/crds';
import { liveJobs } from '../../backup-jobs/live-volume.ts';
import { unfinishedBackup } from '../../backup-jobs/volume-holder.ts';
import { isAlreadyExists } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { BACKUP_JOB } from '../../resource-types/kinds.ts';
import type { FoundBackup } from '../../stores/object-stores.ts';
import { passedOverText } from '../../stores/passed-over.ts';
import { suspendCronJobs } from './cron-jobs.ts';
import { desiredRestoreJob } from './desired/restore-job.ts';
import { addFinalizer } from './finalizer.ts';
import type { ObservedRestore } from './observe.ts';
import type { RestorePlan } from './plan.ts';
import type { Deps, Step } from './step.ts';

type Find = Extract<RestorePlan, { action: 'find' }>;

/** Searches the store for the backup, then claims the volume. */
export async function find(plan: Find, observed: ObservedRestore, deps: Deps): Promise<Step> {
  const { settings, context } = deps;
  const { module, store } = plan;
  const { restore } = observed;
  const { backupId } = restore.spec;
  const searched = settings.backupSearch.find({ by: restore.metadata.uid ?? '', store, module, backupId }, context);
  if ('asking' in searched) {
    return { progress: { phase: 'waiting', reason: 'Pending', message: `looking for the backup in S3Store ${store.metadata.name}` } };
  }
  if ('problem' in searched) {
    const { reason, message } = searched.problem;
    return { progress: { phase: 'waiting', reason: reason === 'SecretNotFound' ? reason : 'S3StoreNotReady', message } };
  }
  if ('error' in searched) {
    const message = `S3Store ${store.metadata.name} could not be queried: ${searched.error.message}`;
    return { progress: { phase: 'waiting', reason: 'S3StoreNotReady', message }, requeueAfterMs: searched.retryAfterMs };
  }
  if (searched.found === undefined) {
    const whose = `of module ${module.spec.moduleName} in S3Store ${store.metadata.name}`;
    return {
      progress:
        backupId === undefined
          ? { phase: 'waiting', reason: 'NoBackupsFound', message: `there is no backup ${whose}` }
          : { phase: 'waiting', reason: 'BackupNotFound', message: `there is no backup ${backupId} ${whose}` },
      requeueAfterMs: searched.retryAfterMs,
    };
  }
  return claim(plan, searched.found, observed, deps);
}

/** Delay until a Job that was created only just before is checked again. */
const LATE_JOB_MS = 5_000;

/** Jobs of users are not watched: delay until the API server is asked again whether one still exists. */
const TAKEN_NAME_MS = 30_000;

/**
 * Claims the volume, which makes the BotModule's reconciler stop the module. All other requirements are met first, while the module still
 * runs: the API server admits the restore Job, the CronJobs are suspended, and no backup is running.
 */
async function claim({ module, store }: Find, backup: FoundBackup, observed: ObservedRestore, { settings, context }: Deps): Promise<Step> {
  const { restore, volumeClaim } = observed;
  const { backupTool } = settings;
  const job = desiredRestoreJob({ restore, module, store, backup, backupTool, claimUid: volumeClaim?.metadata.uid });
  try {
    await context.writer.tryCreate(BACKUP_JOB, job, context.signal);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const message = `Job ${job.metadata.name} exists and was not created for this restore: delete it, or use another name for this BackupRestore`;
    return { progress: { phase: 'waiting', reason: 'Pending', message }, requeueAfterMs: TAKEN_NAME_MS };
  }
  await addFinalizer(restore, context);
  await suspendCronJobs(observed, context);
  const late = unfinishedBackup(await liveJobs({ namespace: restore.metadata.namespace, module: module.metadata.name }, context));
  if (late !== undefined) {
    const message = `Job ${late.metadata.name} has just been created: the restore starts after it`;
    return { progress: { phase: 'waiting', reason: 'Pending', message }, requeueAfterMs: LATE_JOB_MS };
  }
  recordPassedOver(restore, backup, context);
  const foundIn = placeOf(store);
  // Once recorded, this claims the volume: the module's reconciler sees it, and so does the next reconcile of this restore.
  return { progress: { phase: 'waiting', reason: 'WaitingForModuleToStop', message: 'stopping the module', backup, foundIn } };
}

const placeOf = ({ metadata }: S3Store) => ({ s3Store: metadata.name, generation: metadata.generation ?? 0 });

function recordPassedOver(restore: BackupRestore, backup: FoundBackup, { events }: ReconcileContext): void {
  const passedOver = passedOverText(backup);
  if (passedOver === undefined) return;
  const message = `backup ${backup.id} will be restored; ${passedOver}`;
  events.record(restore, { type: 'Warning', reason: 'BackupsPassedOver', message });
}
