import type { BackupRestore, BackupRestoreStatus } from '@eeveebot/crds';
import { isHolding } from '../../backup-jobs/restores.ts';
import { ApiError } from '../../controller/errors.ts';
import { type NewCondition, type StatusCondition, withCondition } from '../../controller/objects/status.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { resumeCronJobs, type Unreleased } from './cron-jobs.ts';
import { removeFinalizer } from './finalizer.ts';
import type { ObservedRestore } from './observe.ts';
import { heldCronJobs, RELEASED, type RestorePlan } from './plan.ts';
import { restoreStatus } from './status.ts';

/**
 * Releases what a restore held that has ended or is being deleted: first the CronJobs, then the resource itself.
 *
 * @returns what the API server refused to release.
 */
export async function letGo(observed: ObservedRestore, context: ReconcileContext): Promise<Unreleased | undefined> {
  const held = await resumeCronJobs(observed, context);
  if (held !== undefined) return held;
  try {
    await removeFinalizer(observed.restore, context);
    return undefined;
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ApiError)) throw error;
    return { message: `the finalizer of this BackupRestore could not be removed: ${error.message}`, error, isOnlyResource: true };
  }
}

/**
 * Status of a restore that only releases what it held. The module of a deleted restore whose finalizer may not be removed starts, and is
 * backed up, although the resource still exists.
 */
export function releasingStatus(observed: ObservedRestore, unreleased: Unreleased | undefined, now: Date): BackupRestoreStatus {
  const { restore } = observed;
  if (unreleased?.isOnlyResource !== true || !isHolding(restore)) return restore.status ?? {};
  const outcome = { phase: 'failed', time: '', message: 'the BackupRestore was deleted before the restore had ended' } as const;
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
