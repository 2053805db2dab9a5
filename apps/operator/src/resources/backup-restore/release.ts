import type { BackupRestore, BackupRestoreStatus } from '@eeveebot/crds';
import type { JobOutcome } from '../../backup-jobs/job-outcome.ts';
import { isHolding } from '../../backup-jobs/restores.ts';
import { ApiError } from '../../controller/errors.ts';
import { type NewCondition, type StatusCondition, withCondition } from '../../controller/objects/status.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { resumeCronJobs, type Unreleased } from './cron-jobs.ts';
import { removeFinalizer } from './finalizer.ts';
import { markRestored } from './mark-restored.ts';
import type { ObservedRestore } from './observe.ts';
import { heldCronJobs, RELEASED, type RestorePlan } from './plan.ts';
import { restoreStatus } from './status.ts';

type LetGo = Extract<RestorePlan, { action: 'let-go' }>;

/**
 * Releases what a restore held that has ended or is being deleted: first the volume, then the CronJobs, then the resource itself.
 *
 * @returns what the API server refused to release.
 */
export async function letGo({ outcome }: LetGo, observed: ObservedRestore, context: ReconcileContext): Promise<Unreleased | undefined> {
  if (outcome?.phase === 'succeeded') {
    const unmarked = await refusalOf(() => markRestored(observed, context), 'the volume could not be marked as restored', context);
    if (unmarked !== undefined) return { ...unmarked, keepsVolume: true };
  }
  const held = await resumeCronJobs(observed, context);
  if (held !== undefined) return held;
  return refusalOf(() => removeFinalizer(observed.restore, context), 'the finalizer of this BackupRestore could not be removed', context);
}

async function refusalOf(send: () => Promise<void>, problem: string, { signal }: ReconcileContext): Promise<Unreleased | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof ApiError)) throw error;
    return { message: `${problem}: ${error.message}`, error };
  }
}

/**
 * Status of a restore that only releases what it held. The module of a deleted restore that may not release everything starts, although the
 * resource still exists, unless the volume could not be marked.
 */
export function releasingStatus(
  observed: ObservedRestore,
  given: { readonly outcome: JobOutcome | undefined; readonly unreleased: Unreleased | undefined; readonly now: Date },
): BackupRestoreStatus {
  const { outcome, unreleased, now } = given;
  if (outcome === undefined || unreleased === undefined || unreleased.keepsVolume === true) return observed.restore.status ?? {};
  return restoreStatus(observed, { phase: 'watched', outcome }, now);
}

/** Releases CronJobs that a restore still has although it does not hold the volume: an attempt to release them was refused. */
export async function releaseLeftovers(
  plan: RestorePlan,
  observed: ObservedRestore,
  context: ReconcileContext,
): Promise<Unreleased | undefined> {
  // A search ends with their suspension.
  const isNeeded = plan.action !== 'find' && !isHolding(observed.restore) && heldCronJobs(observed).length > 0;
  return isNeeded ? resumeCronJobs(observed, context) : undefined;
}

/** Records that something could not be released. */
export function recordUnreleased(restore: BackupRestore, { message }: Unreleased, { events }: ReconcileContext): void {
  events.record(restore, { type: 'Warning', reason: 'NotReleased', message });
}

/** The condition of what could not be released. */
const unreleasedCondition = ({ message }: Unreleased, { metadata }: BackupRestore): NewCondition => ({
  type: RELEASED,
  status: 'False',
  reason: 'NotReleased',
  message: `retrying: ${message}`,
  observedGeneration: metadata.generation ?? 0,
});

/** The conditions with what could not be released; without that condition if everything is. */
export function withReleased(
  conditions: readonly StatusCondition[] | undefined,
  { restore, unreleased, now }: { readonly restore: BackupRestore; readonly unreleased: Unreleased | undefined; readonly now: Date },
): readonly StatusCondition[] {
  if (unreleased !== undefined) return withCondition(conditions, unreleasedCondition(unreleased, restore), now);
  return (conditions ?? []).filter(({ type }) => type !== RELEASED);
}
