/**
 * A schedule: observed targets → plan (`plan.ts`, `verification.ts`) → per target its CronJobs and Jobs (`apply-target.ts`, `verify.ts`,
 * built in `desired/`) → history of its backups (`target-history.ts`) → status.
 */
import { defined, runsBackupCommand } from '@eeveebot/contract';
import { BACKUP_SCHEDULE_REASONS, type BackupSchedule } from '@eeveebot/crds';
import { overdueInMs } from '../../backup-jobs/backup-problem.ts';
import type { BackupTool } from '../../backup-jobs/backup-tool.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { ResourceEvent } from '../../controller/api/events.ts';
import { ApiError } from '../../controller/errors.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { ResourceType } from '../../controller/objects/resource-type.ts';
import type { Reconcile, ReconcileContext, ReconcileResult } from '../../controller/run/definition.ts';
import { BACKUP_JOB, BACKUP_SCHEDULE } from '../../resource-types/kinds.ts';
import { CRON_JOB, type CronJob } from '../../resource-types/kubernetes.ts';
import { reconcileResource } from '../reconcile-resource.ts';
import { applyTarget, suspendTarget } from './apply-target.ts';
import { type ChangeItem, type ChangeList, makeChanges, type Outcome } from './changes.ts';
import { CronCheck, type CronVerdict } from './cron-check.ts';
import { recordTargets } from './events.ts';
import { lingeringEvent, lingeringJobs } from './lingering.ts';
import { observeSchedule, type ObservedSchedule, type ObservedTarget } from './observe.ts';
import { backupFields, verificationFields } from './own-fields.ts';
import { keptTargets, type PlannedTarget, schedulePlan, type SchedulePlan } from './plan.ts';
import { RefusedLast } from './refused-last.ts';
import { SettledCronJobs } from './settled-cron-jobs.ts';
import { StartTimes } from './start-times.ts';
import { scheduleStatus, scheduleTargets } from './status.ts';
import { PostponedError, ScheduleError, TargetError } from './target-error.ts';
import { formerVerificationCronJobs, surplusVerificationJobs } from './verification.ts';
import { applyVerification, type TargetInput } from './verify.ts';

/** Settings of the operator that the BackupSchedule reconciler needs. */
export interface ScheduleSettings {
  readonly backupTool: BackupTool;
  /** Shared with the reconcilers of BotModules and BackupRestores. */
  readonly volumeLocks: VolumeLocks;
}

/** Neither a Job that runs past the next start time nor an API server that accepts a refused schedule by now causes an event. */
function nextLook(
  { schedule, targets }: ObservedSchedule,
  { now, retryAfterMs }: { readonly now: Date; readonly retryAfterMs: number | undefined },
): ReconcileResult {
  const overdue = targets.map(({ jobs }) => overdueInMs({ schedule, jobs }, now));
  const waits = [...overdue, retryAfterMs].filter((wait) => wait !== undefined);
  return waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) };
}

/** Keeps one CronJob for each module that names a BackupSchedule, and removes the others. */
export function backupScheduleReconciler(settings: ScheduleSettings): Reconcile {
  const cronCheck = new CronCheck();
  const memory = { settings, startTimes: new StartTimes(), settled: new SettledCronJobs(), order: new RefusedLast() };
  return reconcileResource<BackupSchedule, ObservedSchedule, Done>({
    type: BACKUP_SCHEDULE,
    reasons: BACKUP_SCHEDULE_REASONS,
    observe: observeSchedule,
    resourceOf: ({ schedule }) => schedule,
    withResource: (observed, schedule) => ({ ...observed, schedule }),
    async carryOut(observed, context) {
      const verdict = await checkedSchedule(observed, cronCheck, context);
      if (verdict instanceof ScheduleError) return uncheckedPlan(verdict);
      const plan = schedulePlan(observed, verdict.problems, context.now);
      return { plan, retryAfterMs: verdict.retryAfterMs, ...(await carryOut(plan, observed, { ...memory, context })) };
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
          for (const { message } of retriable(failures).filter(isRefusal).slice(0, REPORTED_REFUSALS))
            events.record(observed.schedule, { type: 'Warning', reason: 'Refused', message });
        },
      };
    },
    conclude(observed, { failures, retryAfterMs }, { now }) {
      const refusals = retriable(failures);
      // Slow answers do not justify a pause.
      if (failures.length > 0 && !failures.some(isRefusal)) return { continueLater: true };
      const failure = refusals.length > 0 ? new AggregateError(refusals, refusals.map(({ message }) => message).join('; ')) : undefined;
      return { isRejected: failures.length > 0, ...defined({ failure }), ...nextLook(observed, { now, retryAfterMs }) };
    },
  });
}

interface Done extends Outcome {
  readonly plan: SchedulePlan;
  readonly retryAfterMs: number | undefined;
}

/** The verdict on the schedules in the spec, or the refusal to check them. */
async function checkedSchedule(
  { schedule }: ObservedSchedule,
  cronCheck: CronCheck,
  context: ReconcileContext,
): Promise<CronVerdict | ScheduleError> {
  try {
    return await cronCheck.verdict(schedule, context);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ApiError)) throw error;
    return new ScheduleError('spec.schedule could not be checked', error);
  }
}

/** Leaves everything as it is until the schedule can be checked. */
const uncheckedPlan = (failure: ScheduleError): Done => ({
  plan: { action: 'hold', reason: 'Pending', message: failure.message },
  retryAfterMs: undefined,
  failures: [failure],
  hasChanged: false,
});

const retriable = (failures: readonly ScheduleError[]): readonly ScheduleError[] => failures.filter(({ isFinal }) => !isFinal);

const isRefusal = (failure: ScheduleError): boolean => !(failure instanceof PostponedError);

/** Refusals that get an event each; the message of Ready lists all. Hundreds of targets are refused for one cause. */
const REPORTED_REFUSALS = 3;

interface Deps {
  readonly settings: ScheduleSettings;
  readonly startTimes: StartTimes;
  readonly settled: SettledCronJobs;
  readonly order: RefusedLast;
  readonly context: ReconcileContext;
}

type CarriedOut = Extract<SchedulePlan, { action: 'carry-out' }>;

async function carryOut(
  plan: SchedulePlan,
  observed: ObservedSchedule,
  { settings, startTimes, settled, order, context }: Deps,
): Promise<Outcome> {
  const { schedule } = observed;
  const make = (lists: readonly ChangeList[]) => makeChanges(lists, { uid: schedule.metadata.uid ?? '', order, context });
  const removal = removalsOf(schedule, context);
  const lingering = removal('lingering', {
    type: BACKUP_JOB,
    objects: observed.targets.flatMap(lingeringJobs),
    eventOf: lingeringEvent,
  });
  if (plan.action === 'hold') return make([lingering]);

  const given = { schedule, store: plan.store, ...settings, startTimes, settled };
  const targets = plan.targets.map(({ target }) => target);
  return make([
    lingering,
    { name: 'targets', items: plan.targets.map((target) => targetChanges(target, given, context)) },
    { name: 'suspended', items: plan.suspended.map((target) => suspension(target, given, context)) },
    removal('former', {
      type: CRON_JOB,
      objects: formerCronJobs(plan, observed),
      eventOf: ({ metadata }) => deleted(`CronJob ${metadata.name}: this schedule no longer backs up its module`),
    }),
    removal('former verifications', {
      type: CRON_JOB,
      objects: formerVerificationCronJobs(observed, targets),
      eventOf: ({ metadata }) => deleted(`CronJob ${metadata.name}: this schedule no longer verifies backups of its module at fixed times`),
    }),
    removal('surplus verifications', { type: BACKUP_JOB, objects: surplusVerificationJobs(observed, targets) }),
  ]);
}

const deleted = (what: string): ResourceEvent => ({ type: 'Normal', reason: 'Deleted', message: `Deleted ${what}` });

function targetChanges(planned: PlannedTarget, given: TargetInput, context: ReconcileContext): ChangeItem {
  const { module } = planned.target;
  const { name } = module.metadata;
  return {
    name,
    changes: [
      {
        make: () => applyTarget(planned, given, context),
        failureOf: (error) => new TargetError(name, error, backupFields(given.schedule, module)),
      },
      {
        make: () => applyVerification(planned, given, context),
        failureOf: (error) => new TargetError(name, error, verificationFields(given.schedule, module)),
      },
    ],
  };
}

function suspension(target: ObservedTarget, given: TargetInput, context: ReconcileContext): ChangeItem {
  const { module } = target;
  const { name } = module.metadata;
  return {
    name,
    changes: [
      {
        make: () => suspendTarget(target, given, context),
        failureOf: (error) => new TargetError(name, error, backupFields(given.schedule, module)),
      },
    ],
  };
}

interface Removal<T extends KubeObject> {
  readonly type: ResourceType<T>;
  readonly objects: readonly T[];
  /** The event about the deletion of an object. */
  readonly eventOf?: (object: T) => ResourceEvent;
}

/** Makes lists of objects to delete. */
const removalsOf =
  (schedule: BackupSchedule, { writer, events, signal }: ReconcileContext) =>
  <T extends KubeObject>(name: string, { type, objects, eventOf }: Removal<T>): ChangeList => ({
    name,
    items: objects.map((object) => ({
      name: object.metadata.name,
      changes: [
        {
          async make() {
            const existed = await writer.delete(type, object, signal);
            if (existed && eventOf !== undefined) events.record(schedule, eventOf(object));
            return true;
          },
          failureOf: (error) => new ScheduleError(`${type.kind} ${object.metadata.name} could not be removed`, error),
        },
      ],
    })),
  });

/** The CronJobs of modules that no longer name the schedule or can no longer be backed up. */
function formerCronJobs(plan: CarriedOut, { cronJobs }: ObservedSchedule): readonly CronJob[] {
  const wanted = new Set(keptTargets(plan).map(({ cronJobNames }) => cronJobNames.backup));
  return cronJobs.filter(
    (cronJob) =>
      runsBackupCommand(cronJob, 'backup') && !wanted.has(cronJob.metadata.name) && cronJob.metadata.deletionTimestamp === undefined,
  );
}
