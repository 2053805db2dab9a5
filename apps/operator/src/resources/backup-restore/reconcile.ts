import { ANNOTATION } from '@eeveebot/contract';
import type { BackupRestoreStatus } from '@eeveebot/crds';
import type { FoundBackup } from '../../backup/object-stores.ts';
import { passedOverText } from '../../backup/passed-over.ts';
import type { BackupSearch } from '../../backup/search.ts';
import type { Reconcile, ReconcileContext, ReconcileResult } from '../../controller/types.ts';
import { PERSISTENT_VOLUME_CLAIM, POD, type PersistentVolumeClaim } from '../../kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { asPlanned } from '../as-planned.ts';
import { isPaused, writePaused } from '../paused.ts';
import { BACKUP_JOB, BACKUP_RESTORE } from '../types.ts';
import { desiredRestoreJob } from './desired/restore-job.ts';
import { recordReadiness } from './events.ts';
import { observeRestore, type ObservedRestore } from './observe.ts';
import { recordedBackup, restorePlan, usesClaim, type RestorePlan } from './plan.ts';
import { restoreStatus, type RestoreProgress } from './status.ts';

/** What a BackupRestore's reconciler must be given. */
export interface RestoreSettings {
  /** Image of the backup tool unless a restore names another. */
  readonly backupImage: string;
  readonly backupSearch: BackupSearch;
}

/** A pod that is none of the module's is not watched: it is looked for again after this time. */
const FOREIGN_POD_MS = 5_000;

/** What a step of a restore came to. */
interface Step extends ReconcileResult {
  readonly progress: RestoreProgress;
}

/**
 * Runs each BackupRestore once: finds the backup, claims the module's volume, which makes the BotModule's reconciler stop the
 * module, starts the Job when nobody uses the volume, and tells how it ended. Each step is told from what is observed, so that
 * an operator that was stopped at any of them goes on with the next.
 */
export function backupRestoreReconciler(settings: RestoreSettings): Reconcile {
  return async (key, context) => {
    const observed = observeRestore(key, context.cache);
    // A deleted restore's Job is garbage-collected through its ownerReference.
    if (observed === undefined || observed.restore.metadata.deletionTimestamp !== undefined) return;
    const plan = restorePlan(observed);
    if (plan.action === 'none') return;
    if (isPaused(observed.restore)) return writePaused(BACKUP_RESTORE, observed.restore, context);

    const step = await take(plan, observed, { settings, context });

    const latest = observeRestore(key, context.cache) ?? observed;
    const after = { ...latest, restore: asPlanned(observed.restore, latest.restore) };
    const status: BackupRestoreStatus = restoreStatus(after, step.progress, context.now);
    recordReadiness(after.restore, status, context.events);
    await context.writer.writeStatus(BACKUP_RESTORE, after.restore, status, context.signal);
    return step.requeueAfterMs === undefined ? {} : { requeueAfterMs: step.requeueAfterMs };
  };
}

interface Means {
  readonly settings: RestoreSettings;
  readonly context: ReconcileContext;
}

async function take(plan: Exclude<RestorePlan, { action: 'none' }>, observed: ObservedRestore, means: Means): Promise<Step> {
  switch (plan.action) {
    case 'wait':
      return { progress: { phase: 'waiting', reason: plan.reason, message: plan.message, ...claimed(observed, plan.reason) } };
    case 'find':
      return find(plan, observed, means);
    case 'start':
      return start(plan, observed, means);
    case 'note':
      return { progress: { phase: 'started', jobName: plan.jobName, backup: plan.backup } };
    case 'release':
      return release(plan, observed, means);
    case 'watch':
      if (plan.outcome.phase === 'succeeded') await markRestored(observed, means.context);
      return { progress: { phase: 'watched', outcome: plan.outcome } };
  }
}

/** While it waits for the module to stop, the backup that was found stays the one. */
function claimed({ restore }: ObservedRestore, reason: string): { backup?: FoundBackup } {
  const backup = recordedBackup(restore);
  return reason !== 'WaitingForModuleToStop' || backup === undefined ? {} : { backup };
}

function find(
  { module, store }: Extract<RestorePlan, { action: 'find' }>,
  { restore }: ObservedRestore,
  { settings, context }: Means,
): Step {
  const { backupId } = restore.spec;
  const searched = settings.backupSearch.find({ by: restore.metadata.uid ?? '', store, module, backupId }, context);
  if ('asking' in searched) {
    return { progress: { phase: 'waiting', reason: 'Pending', message: `the backup is looked for in S3Store ${store.metadata.name}` } };
  }
  if ('problem' in searched) {
    const { reason, message } = searched.problem;
    return { progress: { phase: 'waiting', reason: reason === 'SecretNotFound' ? reason : 'S3StoreNotReady', message } };
  }
  if ('error' in searched) {
    const message = `S3Store ${store.metadata.name} could not be asked: ${searched.error.message}`;
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
  const passedOver = passedOverText(searched.found);
  if (passedOver !== undefined) {
    const message = `backup ${searched.found.id} is going to be restored; ${passedOver}`;
    context.events.record(restore, { type: 'Warning', reason: 'BackupsPassedOver', message });
  }
  // Once recorded, this claims the volume: the module's reconciler sees it, and the next pass of this one.
  return {
    progress: { phase: 'waiting', reason: 'WaitingForModuleToStop', message: 'the module is asked to stop', backup: searched.found },
  };
}

/** Makes the Job, suspended: it is noted first, then released. */
async function start(
  { module, store, backup }: Extract<RestorePlan, { action: 'start' }>,
  { restore, volumeClaim }: ObservedRestore,
  { settings, context }: Means,
): Promise<Step> {
  const message = await volumeUser(volumeClaim, context);
  if (message !== undefined) {
    return { progress: { phase: 'waiting', reason: 'WaitingForModuleToStop', message, backup }, requeueAfterMs: FOREIGN_POD_MS };
  }
  const job = desiredRestoreJob({ restore, module, store, backup, defaultImage: settings.backupImage });
  // One that another operator made a moment ago, and that is not seen yet, may run: applied, it would be suspended.
  if ((await context.writer.read(BACKUP_JOB, job.metadata, context.signal)) !== undefined) {
    const seen = `Job ${job.metadata.name} exists already and is about to be seen`;
    return { progress: { phase: 'waiting', reason: 'WaitingForModuleToStop', message: seen, backup }, requeueAfterMs: FOREIGN_POD_MS };
  }
  const applied = await context.writer.apply(BACKUP_JOB, job, context.signal);
  recordApplied(restore, applied, context.events);
  return { progress: { phase: 'started', jobName: applied.object.metadata.name, backup } };
}

/** Lets the Job run, whose name is noted now. */
async function release(
  { job }: Extract<RestorePlan, { action: 'release' }>,
  { volumeClaim }: ObservedRestore,
  { context }: Means,
): Promise<Step> {
  const message = await volumeUser(volumeClaim, context);
  if (message !== undefined)
    return { progress: { phase: 'watched', outcome: { phase: 'running', message } }, requeueAfterMs: FOREIGN_POD_MS };
  const { namespace = '', name } = job.metadata;
  await context.writer.patch(BACKUP_JOB, { namespace, name }, { spec: { suspend: false } }, context.signal);
  return { progress: { phase: 'watched', outcome: { phase: 'running', message: '' } } };
}

/** Who has the volume mounted, be it a pod that somebody started to look at it: asked for at the last moment. */
async function volumeUser(
  volumeClaim: PersistentVolumeClaim | undefined,
  { writer, signal }: ReconcileContext,
): Promise<string | undefined> {
  if (volumeClaim === undefined) return undefined;
  const { namespace = '', name } = volumeClaim.metadata;
  const pods = await writer.list(POD, namespace, signal);
  const user = pods.find((pod) => usesClaim(pod, name));
  return user && `pod ${user.metadata.name} still uses the volume`;
}

/** The volume's data is the module's now: a later bootstrap must not restore over it. */
async function markRestored({ volumeClaim }: ObservedRestore, { writer, signal }: ReconcileContext): Promise<void> {
  if (volumeClaim === undefined || volumeClaim.metadata.annotations?.[ANNOTATION.bootstrapped] === 'true') return;
  const { namespace = '', name } = volumeClaim.metadata;
  await writer.patch(
    PERSISTENT_VOLUME_CLAIM,
    { namespace, name },
    { metadata: { annotations: { [ANNOTATION.bootstrapped]: 'true' } } },
    signal,
  );
}
