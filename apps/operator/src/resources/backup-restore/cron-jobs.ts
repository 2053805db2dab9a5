import { ANNOTATION } from '@eeveebot/contract';
import { ApiError, unlessGone } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { CRON_JOB, type CronJob } from '../../resource-types/kubernetes.ts';
import type { ObservedRestore } from './observe.ts';
import { heldCronJobs } from './plan.ts';

/** Objects that a restore could not release, and why. */
export interface Unreleased {
  readonly message: string;
  /** Thrown after the status has been written, so that the reconcile is retried. */
  readonly error: ApiError;
  /** Whether the volume is not released either: its claim does not have the mark yet that keeps a bootstrap from overwriting it. */
  readonly keepsVolume?: boolean;
}

/**
 * Suspends the CronJobs that back up the module, whatever the state of their schedule, which may be paused or have an unreachable store.
 *
 * @throws ApiError when a CronJob cannot be suspended.
 */
export async function suspendCronJobs({ restore, cronJobs }: ObservedRestore, context: ReconcileContext): Promise<void> {
  const { uid = '' } = restore.metadata;
  for (const cronJob of cronJobs) {
    const isHeld = cronJob.spec?.suspend === true && cronJob.metadata.annotations?.[ANNOTATION.suspendedFor] === uid;
    if (!isHeld) await patchCronJob(cronJob, { suspend: true, suspendedFor: uid }, context);
  }
}

/**
 * Releases the CronJobs that this restore has suspended, in the state that their schedule specifies; its own reconciler may be busy.
 *
 * @returns those that the API server refused to change.
 */
export async function resumeCronJobs(observed: ObservedRestore, context: ReconcileContext): Promise<Unreleased | undefined> {
  const refused: Unreleased[] = [];
  for (const cronJob of heldCronJobs(observed)) {
    const suspend = observed.suspendedBySchedule.has(cronJob.metadata.uid ?? '');
    try {
      await patchCronJob(cronJob, { suspend, suspendedFor: null }, context).catch(unlessGone);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof ApiError)) throw error;
      refused.push({ message: `CronJob ${cronJob.metadata.name} could not be released, and makes no backups: ${error.message}`, error });
    }
  }
  const [first] = refused;
  return first && { message: refused.map(({ message }) => message).join('; '), error: first.error };
}

async function patchCronJob(
  { metadata }: CronJob,
  { suspend, suspendedFor }: { readonly suspend: boolean; readonly suspendedFor: string | null },
  { writer, signal }: ReconcileContext,
): Promise<void> {
  const { namespace = '', name, uid } = metadata;
  const patch = { metadata: { uid, annotations: { [ANNOTATION.suspendedFor]: suspendedFor } }, spec: { suspend } };
  await writer.patch(CRON_JOB, { namespace, name }, patch, signal);
}
