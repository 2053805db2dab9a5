/**
 * A restore: observed state → plan (`plan.ts`, `checks.ts`) → one step: find the backup and claim the volume (`find.ts`), start or release
 * the Job (`start.ts`), or watch it → status. `step.ts` has the types of a step, `cron-jobs.ts` suspends and resumes backups, `release.ts`
 * gives everything back at the end.
 */
import { defined } from '@eeveebot/contract';
import { BACKUP_RESTORE_REASONS, type BackupRestore } from '@eeveebot/crds';
import type { JobOutcome } from '../../backup-jobs/job-outcome.ts';
import { isHolding } from '../../backup-jobs/restores.ts';
import { ApiError, refusedChangeText } from '../../controller/errors.ts';
import type { Reconcile } from '../../controller/run/definition.ts';
import { BACKUP_JOB, BACKUP_RESTORE } from '../../resource-types/kinds.ts';
import { reconcileResource } from '../reconcile-resource.ts';
import { resumeCronJobs, type Unreleased } from './cron-jobs.ts';
import { recordProgress } from './events.ts';
import { find } from './find.ts';
import { markRestored } from './mark-restored.ts';
import { observeRestore, type ObservedRestore } from './observe.ts';
import { restoreRejectionText } from './own-fields.ts';
import { isUnreleased, restorePlan, type RestorePlan } from './plan.ts';
import { letGo, recordUnreleased, releaseLeftovers, releasingStatus, withReleased } from './release.ts';
import { release, start } from './start.ts';
import { restoreStatus } from './status.ts';
import { giveUp, heldUp, recordedClaim, type Deps, type RestoreSettings, type Step } from './step.ts';
import { StopTimes } from './stop-times.ts';

type Open = Exclude<RestorePlan, { action: 'none' | 'let-go' }>;

/**
 * Runs each BackupRestore once: finds the backup, claims the module's volume, which makes the BotModule's reconciler stop the module,
 * starts the Job when nothing uses the volume, and reports its outcome. Each step follows from the observed state, so an operator that was
 * stopped at any step continues with the next.
 */
export function backupRestoreReconciler(settings: RestoreSettings): Reconcile {
  const stopTimes = new StopTimes();
  return reconcileResource<BackupRestore, ObservedRestore, Done>({
    type: BACKUP_RESTORE,
    reasons: BACKUP_RESTORE_REASONS,
    observe: observeRestore,
    resourceOf: ({ restore }) => restore,
    withResource: (observed, restore) => ({ ...observed, restore }),
    isReconciledWhileDeleted: true,
    // A resource that is being deleted would otherwise never be removed.
    mayPause: (observed) => !['none', 'let-go', 'stop'].includes(restorePlan(observed, Infinity).action),
    async carryOut(observed, context) {
      const plan = restorePlan(observed, stopTimes.dueInMs(observed.restore, context.clock));
      if (plan.action === 'none') return undefined;
      if (plan.action === 'let-go') {
        const unreleased = await letGo(plan, observed, context);
        const isDone = unreleased === undefined && !isUnreleased(observed.restore);
        return isDone ? undefined : { step: undefined, unreleased, outcome: plan.outcome };
      }
      const unreleased = await releaseLeftovers(plan, observed, context);
      return { step: await takeOrReport(plan, observed, { settings, stopTimes, context }), unreleased };
    },
    report(observed, { step, unreleased, outcome }, now) {
      const { restore } = observed;
      const status =
        step === undefined ? releasingStatus(observed, { outcome, unreleased, now }) : restoreStatus(observed, step.progress, now);
      return {
        status: { ...status, conditions: withReleased(status.conditions, { restore, unreleased, now }) },
        record: (events) => step && recordProgress(restore, status, events),
      };
    },
    async conclude(observed, { step, unreleased }, context) {
      const left = unreleased ?? (isHolding(observed.restore) ? undefined : await resumeCronJobs(observed, context));
      if (left !== undefined) recordUnreleased(observed.restore, left, context);
      return defined({ failure: left?.error ?? step?.error, requeueAfterMs: step?.requeueAfterMs });
    },
  });
}

interface Done {
  /** `undefined` if the restore had ended before: only what it held is released. */
  readonly step: Step | undefined;
  readonly unreleased: Unreleased | undefined;
  /** How it ended if it was deleted before that was recorded. */
  readonly outcome?: JobOutcome | undefined;
}

/** A request that the API server refuses (quota, permissions, a webhook) needs a fix by the user: it is reported and retried. */
async function takeOrReport(plan: Open, observed: ObservedRestore, deps: Deps): Promise<Step> {
  const { context } = deps;
  try {
    return await take(plan, observed, deps);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ApiError)) throw error;
    const { reason } = error;
    const refusal = restoreRejectionText(error.message, observed);
    const message = refusedChangeText({ reason, message: refusal });
    context.events.record(observed.restore, { type: 'Warning', reason: 'Refused', message: refusal });
    if (!isHolding(observed.restore)) return { progress: { phase: 'waiting', reason: 'Pending', message }, error };
    const job = plan.action === 'release' ? plan.job : undefined;
    const step = await heldUp(message, { observed, job, ...claimOf(observed) }, deps);
    if (step.requeueAfterMs === undefined) return step;
    // However long the retry takes, the module gets its replicas back in time.
    return { progress: step.progress, error, requeueAfterMs: Math.max(1, deps.stopTimes.dueInMs(observed.restore, context.clock)) };
  }
}

const claimOf = (observed: ObservedRestore) => ({ backup: recordedClaim(observed).backup });

async function take(plan: Open, observed: ObservedRestore, deps: Deps): Promise<Step> {
  const { context } = deps;
  switch (plan.action) {
    case 'stop':
      return stop(plan, observed, deps);
    case 'give-up':
      return giveUp(plan.job, plan.message, context);
    case 'wait':
      return waiting(plan, observed, deps);
    case 'find':
      return find(plan, observed, deps);
    case 'start':
      return start(plan, observed, deps);
    case 'note':
      return { progress: { phase: 'started', jobName: plan.jobName, backup: plan.backup } };
    case 'release':
      return release(plan, observed, deps);
    case 'recall':
      return { progress: { phase: 'watched', outcome: plan.outcome, remark: RECALLED } };
    case 'watch':
      return watch(plan, observed, deps);
  }
}

/** A user who has created a restore again from its own manifest expects it to run. */
const RECALLED = 'that was done before its status was lost, and is not done again; create another BackupRestore to restore again';

async function stop(
  { job, message, success }: Extract<Open, { action: 'stop' }>,
  observed: ObservedRestore,
  { context }: Deps,
): Promise<Step> {
  // Once the Job is gone, nothing shows that the data was restored.
  if (success !== undefined) await markRestored(observed, context);
  if (job !== undefined && job.metadata.deletionTimestamp === undefined)
    await context.writer.delete(BACKUP_JOB, job, context.signal, { foreground: true });
  if (success !== undefined) return { progress: { phase: 'watched', outcome: success, remark: message } };
  return { progress: { phase: 'watched', outcome: { phase: 'running', message } } };
}

async function waiting(
  { reason, message, outdated }: Extract<Open, { action: 'wait' }>,
  observed: ObservedRestore,
  { stopTimes, context }: Deps,
): Promise<Step> {
  if (outdated !== undefined) await context.writer.delete(BACKUP_JOB, outdated, context.signal);
  if (reason !== 'WaitingForModuleToStop') return { progress: { phase: 'waiting', reason, message } };
  const requeueAfterMs = Math.max(1, stopTimes.dueInMs(observed.restore, context.clock));
  return { progress: { phase: 'waiting', reason, message, ...recordedClaim(observed) }, requeueAfterMs };
}

async function watch(
  { outcome }: Extract<Open, { action: 'watch' }>,
  observed: ObservedRestore,
  { stopTimes, context }: Deps,
): Promise<Step> {
  if (outcome.phase === 'succeeded') await markRestored(observed, context);
  const isHeld = observed.job?.spec?.suspend === true;
  const due = isHeld ? { requeueAfterMs: Math.max(1, stopTimes.dueInMs(observed.restore, context.clock)) } : {};
  return { progress: { phase: 'watched', outcome }, ...due };
}
