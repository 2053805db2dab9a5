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
import { Attempts, outcomeOf, type Outcome, type Remove } from './attempts.ts';
import { CronCheck } from './cron-check.ts';
import { recordTargets } from './events.ts';
import { endLingeringJobs } from './lingering.ts';
import { observeSchedule, type ObservedSchedule } from './observe.ts';
import { backupFields, verificationFields } from './own-fields.ts';
import { keptTargets, schedulePlan, type SchedulePlan } from './plan.ts';
import { SettledCronJobs } from './settled-cron-jobs.ts';
import { StartTimes } from './start-times.ts';
import { scheduleStatus, scheduleTargets } from './status.ts';
import { ScheduleError, TargetError } from './target-error.ts';
import { TargetOrder } from './target-order.ts';
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

async function carryOut(
  plan: SchedulePlan,
  observed: ObservedSchedule,
  { settings, startTimes, settled, order, context }: Deps,
): Promise<Outcome> {
  const lingering = new Attempts(context);
  await endLingeringJobs(observed, { ...context, remove: lingering.remove });
  if (plan.action === 'hold') return outcomeOf([lingering]);

  const given = { schedule: observed.schedule, store: plan.store, ...settings, startTimes, settled };
  // Each has its own time: what is refused in one must not keep the others from being attempted.
  const [targets, suspensions, removals] = [new Attempts(context), new Attempts(context), new Attempts(context)];
  const works = [
    () => applyTargets(plan, targets, { given, order, context }),
    () => suspendTargets(plan, suspensions, { given, context }),
    async () => {
      await removeFormer(plan, observed, { ...context, remove: removals.remove });
      await removeFormerVerifications(plan, observed, { ...context, remove: removals.remove });
    },
  ];
  const results = await Promise.allSettled(works.map((work) => work()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return outcomeOf([lingering, targets, suspensions, removals]);
}

interface Given {
  readonly given: Parameters<typeof applyTarget>[1];
  readonly context: ReconcileContext;
}

async function applyTargets(
  plan: CarriedOut,
  attempts: Attempts,
  { given, order, context }: Given & { readonly order: TargetOrder },
): Promise<void> {
  const { schedule } = given;
  const attempted = new Map<string, boolean>();
  let sliceEndsMs = performance.now() + SLICE_MS;
  for (const planned of order.of(schedule, plan.targets)) {
    if (performance.now() > sliceEndsMs) {
      await setImmediate();
      sliceEndsMs = performance.now() + SLICE_MS;
    }
    const { module } = planned.target;
    const { name } = module.metadata;
    const results = [
      await attempts.attempt(
        () => applyTarget(planned, given, context),
        (error) => new TargetError(name, error, backupFields(schedule, module)),
      ),
      await attempts.attempt(
        () => applyVerification(planned, given, context),
        (error) => new TargetError(name, error, verificationFields(schedule, module)),
      ),
    ];
    if (results.some((result) => result !== 'postponed')) attempted.set(name, results.includes('refused'));
  }
  order.note(schedule, attempted, new Set(plan.targets.map(({ target }) => target.module.metadata.name)));
}

async function suspendTargets(plan: CarriedOut, attempts: Attempts, { given, context }: Given): Promise<void> {
  for (const target of plan.suspended) {
    const { module } = target;
    await attempts.attempt(
      () => suspendTarget(target, given, context),
      (error) => new TargetError(module.metadata.name, error, backupFields(given.schedule, module)),
    );
  }
}

/** Removes the CronJobs of modules that no longer name the schedule or can no longer be backed up. */
async function removeFormer(
  plan: CarriedOut,
  { schedule, cronJobs }: ObservedSchedule,
  { events, remove }: Pick<ReconcileContext, 'events'> & { readonly remove: Remove },
): Promise<void> {
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
}
