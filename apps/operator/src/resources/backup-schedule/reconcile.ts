/**
 * A schedule: observed targets → plan (`plan.ts`, `verification.ts`) → per target its CronJobs and Jobs (`apply-target.ts`, `verify.ts`,
 * built in `desired/`) → history of its backups (`target-history.ts`) → status.
 */
import { setImmediate } from 'node:timers/promises';
import { runsBackupCommand } from '@eeveebot/contract';
import { BACKUP_SCHEDULE_REASONS, type BackupSchedule } from '@eeveebot/crds';
import { overdueInMs } from '../../backup-jobs/backup-problem.ts';
import type { BackupTool } from '../../backup-jobs/backup-tool.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import { ApiError } from '../../controller/errors.ts';
import type { Reconcile, ReconcileContext, ReconcileResult } from '../../controller/run/definition.ts';
import { BACKUP_SCHEDULE } from '../../resource-types/kinds.ts';
import { CRON_JOB } from '../../resource-types/kubernetes.ts';
import { reconcileResource } from '../reconcile-resource.ts';
import { applyTarget, suspendTarget } from './apply-target.ts';
import { CronCheck } from './cron-check.ts';
import { recordTargets } from './events.ts';
import { endLingeringJobs, type Remove } from './lingering.ts';
import { observeSchedule, type ObservedSchedule, type ObservedTarget } from './observe.ts';
import { backupFields, verificationFields } from './own-fields.ts';
import { keptTargets, schedulePlan, type SchedulePlan } from './plan.ts';
import { SettledCronJobs } from './settled-cron-jobs.ts';
import { StartTimes } from './start-times.ts';
import { scheduleStatus, scheduleTargets } from './status.ts';
import { ScheduleError, TargetError } from './target-error.ts';
import { mustPostpone, TargetOrder } from './target-order.ts';
import { applyVerification, removeFormerVerifications } from './verify.ts';

/** Settings of the operator that the BackupSchedule reconciler needs. */
export interface ScheduleSettings {
  readonly backupTool: BackupTool;
  /** Shared with the reconcilers of BotModules and BackupRestores. */
  readonly volumeLocks: VolumeLocks;
}

/** A Job that runs past the next start time causes no event, so requeues at that time. */
function nextLook({ schedule, targets }: ObservedSchedule, now: Date): ReconcileResult {
  const waits = targets.map(({ jobs }) => overdueInMs({ schedule, jobs }, now)).filter((wait) => wait !== undefined);
  return waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) };
}

/** Keeps one CronJob for each module that names a BackupSchedule, and removes the others. */
export function backupScheduleReconciler(settings: ScheduleSettings): Reconcile {
  const cronCheck = new CronCheck();
  const memory = { settings, startTimes: new StartTimes(), settled: new SettledCronJobs(), order: new TargetOrder() };
  return reconcileResource<BackupSchedule, ObservedSchedule, Done>({
    type: BACKUP_SCHEDULE,
    reasons: BACKUP_SCHEDULE_REASONS,
    observe: observeSchedule,
    resourceOf: ({ schedule }) => schedule,
    withResource: (observed, schedule) => ({ ...observed, schedule }),
    async carryOut(observed, context) {
      const problems = await checkedSchedule(observed, cronCheck, context);
      if (problems instanceof ScheduleError) return uncheckedPlan(problems);
      const plan = schedulePlan(observed, problems, context.now);
      return { plan, ...(await carryOut(plan, observed, { ...memory, context })) };
    },
    // Then hundreds of targets need not be observed again.
    hasChanged: ({ hasChanged }) => hasChanged,
    report(observed, { plan, failures }, now) {
      const listed = scheduleTargets(observed, now);
      const status = scheduleStatus({ observed, listed, plan, failures, now });
      return {
        status,
        record(events) {
          recordTargets(observed.schedule, listed.slice(0, status.targets?.length), events);
          for (const { message } of retriable(failures).slice(0, REPORTED_REFUSALS))
            events.record(observed.schedule, { type: 'Warning', reason: 'Refused', message });
        },
      };
    },
    conclude(observed, { failures }, { now }) {
      const refusals = retriable(failures);
      if (refusals.length > 0) throw new AggregateError(refusals, refusals.map(({ message }) => message).join('; '));
      return failures.length > 0 ? { isRejected: true } : nextLook(observed, now);
    },
  });
}

interface Done extends Outcome {
  readonly plan: SchedulePlan;
}

/** Problems with the schedules in the spec, or the refusal to check them. */
async function checkedSchedule(
  { schedule }: ObservedSchedule,
  cronCheck: CronCheck,
  context: ReconcileContext,
): Promise<readonly string[] | ScheduleError> {
  try {
    return await cronCheck.problems(schedule, context);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ApiError)) throw error;
    return new ScheduleError('spec.schedule could not be checked', error);
  }
}

/** Leaves everything as it is until the schedule can be checked. */
const uncheckedPlan = (failure: ScheduleError): Done => ({
  plan: { action: 'hold', reason: 'Pending', message: failure.message },
  failures: [failure],
  hasChanged: false,
});

const retriable = (failures: readonly ScheduleError[]): readonly ScheduleError[] => failures.filter(({ isFinal }) => !isFinal);

/** Refusals that get an event each; the message of Ready lists all. Hundreds of targets are refused for one cause. */
const REPORTED_REFUSALS = 3;

/** Time after which the work on hundreds of targets yields to other work. */
const SLICE_MS = 5;

interface Deps {
  readonly settings: ScheduleSettings;
  readonly startTimes: StartTimes;
  readonly settled: SettledCronJobs;
  readonly order: TargetOrder;
  readonly context: ReconcileContext;
}

type CarriedOut = Extract<SchedulePlan, { action: 'carry-out' }>;

interface Outcome {
  readonly failures: readonly ScheduleError[];
  readonly hasChanged: boolean;
}

async function carryOut(
  plan: SchedulePlan,
  observed: ObservedSchedule,
  { settings, startTimes, settled, order, context }: Deps,
): Promise<Outcome> {
  const failures: ScheduleError[] = [];
  const attempted = new Map<string, boolean>();
  const startedMs = context.clock.elapsedMs();
  let postponed = 0;
  const isPostponed = (): boolean => {
    if (!mustPostpone(context.clock.elapsedMs() - startedMs, failures.length)) return false;
    postponed += 1;
    return true;
  };
  const remove: Remove = async (type, object) => {
    if (isPostponed()) return false;
    try {
      return await context.writer.delete(type, object, context.signal);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof ApiError)) throw error;
      failures.push(new ScheduleError(`${type.kind} ${object.metadata.name} could not be removed`, error));
      return false;
    }
  };
  let hasChanged = await endLingeringJobs(observed, { ...context, remove });
  if (plan.action === 'hold') return { failures, hasChanged };
  const { backupTool, volumeLocks } = settings;
  const given = { schedule: observed.schedule, store: plan.store, backupTool, volumeLocks, startTimes, settled };
  const attempt = async (
    { module }: ObservedTarget,
    step: () => Promise<boolean>,
    fieldsOf: typeof backupFields = backupFields,
  ): Promise<void> => {
    const { name } = module.metadata;
    if (isPostponed()) return;
    try {
      hasChanged = (await step()) || hasChanged;
      attempted.set(name, attempted.get(name) ?? false);
    } catch (error) {
      if (context.signal.aborted) throw error;
      hasChanged = true;
      attempted.set(name, true);
      failures.push(new TargetError(name, error, fieldsOf(observed.schedule, module)));
    }
  };
  let sliceEndsMs = performance.now() + SLICE_MS;
  for (const planned of order.of(observed.schedule, plan.targets)) {
    if (performance.now() > sliceEndsMs) {
      await setImmediate();
      sliceEndsMs = performance.now() + SLICE_MS;
    }
    await attempt(planned.target, () => applyTarget(planned, given, context));
    await attempt(planned.target, () => applyVerification(planned, given, context), verificationFields);
  }
  for (const target of plan.suspended) await attempt(target, () => suspendTarget(target, given, context));
  hasChanged = (await removeFormer(plan, observed, { ...context, remove })) || hasChanged;
  hasChanged = (await removeFormerVerifications(plan, observed, { ...context, remove })) || hasChanged;
  order.note(observed.schedule, attempted, new Set(keptTargets(plan).map(({ module }) => module.metadata.name)));
  if (postponed > 0) failures.push(new ScheduleError(`${postponed} further changes were not attempted yet`, failures[0]?.cause));
  return { failures, hasChanged };
}

/** Removes the CronJobs of modules that no longer name the schedule or can no longer be backed up. @returns whether there were any. */
async function removeFormer(
  plan: CarriedOut,
  { schedule, cronJobs }: ObservedSchedule,
  { events, remove }: Pick<ReconcileContext, 'events'> & { readonly remove: Remove },
): Promise<boolean> {
  const wanted = new Set(keptTargets(plan).map(({ cronJobNames }) => cronJobNames.backup));
  const former = cronJobs.filter(
    (cronJob) =>
      runsBackupCommand(cronJob, 'backup') && !wanted.has(cronJob.metadata.name) && cronJob.metadata.deletionTimestamp === undefined,
  );
  for (const cronJob of former) {
    const { name } = cronJob.metadata;
    if (await remove(CRON_JOB, cronJob)) {
      events.record(schedule, {
        type: 'Normal',
        reason: 'Deleted',
        message: `Deleted CronJob ${name}: this schedule no longer backs up its module`,
      });
    }
  }
  return former.length > 0;
}
