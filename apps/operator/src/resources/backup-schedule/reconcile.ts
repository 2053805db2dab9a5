import { ANNOTATION, runsBackupCommand } from '@eeveebot/contract';
import type { BackupSchedule } from '@eeveebot/crds';
import type { Reconcile, ReconcileContext, ReconcileResult } from '../../controller/types.ts';
import { CRON_JOB } from '../../kubernetes.ts';
import { asPlanned } from '../as-planned.ts';
import { overdueInMs } from '../../backup/backup-problem.ts';
import { isPaused, writePaused } from '../paused.ts';
import { BACKUP_JOB, BACKUP_SCHEDULE } from '../types.ts';
import { CronCheck } from './cron-check.ts';
import { desiredBackupNowJob, desiredCronJob } from './desired/cron-job.ts';
import { recordApplied } from '../applied-events.ts';
import { recordReadiness } from './events.ts';
import { endLingeringJobs } from './lingering.ts';
import { observeSchedule, type ObservedSchedule, type ObservedTarget } from './observe.ts';
import { keptTargets, schedulePlan, type PlannedTarget, type SchedulePlan } from './plan.ts';
import { scheduleStatus } from './status.ts';
import { TargetError } from './target-error.ts';
import { applyVerification, removeFormerVerifications, type TargetInput } from './verify.ts';

/** What a BackupSchedule's reconciler must know of the operator's own configuration. */
export interface ScheduleSettings {
  /** Image of the backup tool unless a schedule names another. */
  readonly backupImage: string;
}

/** A Job that runs into the time of the next one sends no event. */
function nextLook({ schedule, targets }: ObservedSchedule, now: Date): ReconcileResult {
  const waits = targets.map(({ jobs }) => overdueInMs({ schedule, jobs }, now)).filter((wait) => wait !== undefined);
  return waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) };
}

/** Keeps one CronJob for each module that names a BackupSchedule, and none for the others. */
export function backupScheduleReconciler(settings: ScheduleSettings): Reconcile {
  const cronCheck = new CronCheck();
  return async (key, context) => {
    const observed = observeSchedule(key, context.cache);
    // A deleted schedule's CronJobs are garbage-collected through their ownerReferences.
    if (observed === undefined || observed.schedule.metadata.deletionTimestamp !== undefined) return;
    if (isPaused(observed.schedule)) return writePaused(BACKUP_SCHEDULE, observed.schedule, context);

    const refusals = await cronCheck.refusals(observed.schedule, context);
    const plan = schedulePlan(observed, { refusals, now: context.now });
    const failures = plan.action === 'carry-out' ? await carryOut(plan, observed, { settings, context }) : [];

    await endLingeringJobs(observed, context);
    const latest = observeSchedule(key, context.cache) ?? observed;
    const after = { ...latest, schedule: asPlanned(observed.schedule, latest.schedule) };
    const status = scheduleStatus({ observed: after, plan, failures, now: context.now });
    recordReadiness(after.schedule, status, context.events);
    await context.writer.writeStatus(BACKUP_SCHEDULE, after.schedule, status, context.signal);
    const retriable = failures.filter(({ isFinal }) => !isFinal);
    if (retriable.length > 0) throw new AggregateError(retriable, retriable.map(({ message }) => message).join('; '));
    return failures.length > 0 ? { isRejected: true } : nextLook(after, context.now);
  };
}

interface Deps {
  readonly settings: ScheduleSettings;
  readonly context: ReconcileContext;
}

type CarriedOut = Extract<SchedulePlan, { action: 'carry-out' }>;

async function carryOut(plan: CarriedOut, observed: ObservedSchedule, deps: Deps): Promise<readonly TargetError[]> {
  const { settings, context } = deps;
  const failures: TargetError[] = [];
  const given = { schedule: observed.schedule, store: plan.store, defaultImage: settings.backupImage };
  const attempt = async ({ module }: ObservedTarget, step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if (context.signal.aborted) throw error;
      failures.push(new TargetError(module.metadata.name, error));
    }
  };
  for (const planned of plan.targets) {
    await attempt(planned.target, () => applyTarget(planned, given, context));
    await attempt(planned.target, () => applyVerification(planned, given, context));
  }
  for (const target of plan.suspended) await attempt(target, () => suspendTarget(target, given, context));
  await removeFormer(plan, observed, context);
  await removeFormerVerifications(plan, observed, context);
  return failures;
}

async function applyTarget(
  { target, heldBy }: PlannedTarget,
  { schedule, store, defaultImage }: TargetInput,
  { writer, signal, events }: ReconcileContext,
): Promise<void> {
  const input = { schedule, store, module: target.module, name: target.cronJobNames.backup, defaultImage, held: heldBy !== undefined };
  const wanted = schedule.metadata.annotations?.[ANNOTATION.backupNow];
  const done = requestDone(target, schedule);
  const applied = await writer.apply(CRON_JOB, desiredCronJob(input, done), signal);
  recordApplied(schedule, applied, events);

  if (wanted === undefined || wanted === done || heldBy !== undefined) return;
  const job = desiredBackupNowJob(input, applied.object, wanted);
  // The Job before the note that it was created: an operator killed in between finds it under the same name.
  const isMade = target.jobs.some(({ metadata }) => metadata.name === job.metadata.name);
  if (!isMade) recordApplied(schedule, await writer.apply(BACKUP_JOB, job, signal), events);
  await writer.apply(CRON_JOB, desiredCronJob(input, wanted), signal);
}

/** The request for a backup at once that needs no Job any more: a module without a CronJob was added after it was acted on. */
const requestDone = ({ cronJob }: ObservedTarget, { status }: BackupSchedule): string | undefined =>
  cronJob === undefined ? status?.backupNow : cronJob.metadata.annotations?.[ANNOTATION.backupNow];

async function suspendTarget(target: ObservedTarget, given: TargetInput, { writer, signal, events }: ReconcileContext): Promise<void> {
  const input = { ...given, module: target.module, name: target.cronJobNames.backup, held: true };
  const done = target.cronJob?.metadata.annotations?.[ANNOTATION.backupNow];
  recordApplied(given.schedule, await writer.apply(CRON_JOB, desiredCronJob(input, done), signal), events);
}

/** Removes the CronJobs that back up modules which no longer name the schedule or can no longer be backed up. */
async function removeFormer(
  plan: CarriedOut,
  { schedule, cronJobs }: ObservedSchedule,
  { writer, events, signal }: ReconcileContext,
): Promise<void> {
  const wanted = new Set(keptTargets(plan).map(({ cronJobNames }) => cronJobNames.backup));
  for (const cronJob of cronJobs.filter((candidate) => runsBackupCommand(candidate, 'backup'))) {
    const { name, deletionTimestamp } = cronJob.metadata;
    if (wanted.has(name) || deletionTimestamp !== undefined) continue;
    if (await writer.delete(CRON_JOB, cronJob, signal)) {
      events.record(schedule, {
        type: 'Normal',
        reason: 'Deleted',
        message: `Deleted CronJob ${name}: this schedule no longer backs up its module`,
      });
    }
  }
}
