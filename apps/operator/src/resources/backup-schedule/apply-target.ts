import { ANNOTATION } from '@eeveebot/contract';
import type { BackupSchedule } from '@eeveebot/crds';
import type { ReconcileContext } from '../../controller/types.ts';
import { CRON_JOB } from '../../kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { BACKUP_JOB } from '../types.ts';
import { desiredBackupNowJob, desiredCronJob, type CronJobInput } from './desired/cron-job.ts';
import type { ObservedTarget } from './observe.ts';
import type { PlannedTarget } from './plan.ts';
import type { TargetInput } from './verify.ts';

/**
 * Keeps the CronJob that backs a target up, and starts a backup at once where that was requested.
 *
 * @returns whether anything was changed.
 */
export async function applyTarget(
  { target, heldBy }: PlannedTarget,
  given: TargetInput,
  { writer, signal, events }: ReconcileContext,
): Promise<boolean> {
  const { schedule, settled } = given;
  const input = cronJobInput(target, given, { held: heldBy !== undefined });
  const wanted = schedule.metadata.annotations?.[ANNOTATION.backupNow];
  const done = requestDone(target, schedule);
  const isRequested = wanted !== undefined && wanted !== done && heldBy === undefined;
  const origin = { ...given, module: target.module, more: [input.name, input.cron, input.held, input.moduleRuns, done] };
  if (!isRequested && settled.isSettled(target.cronJob, origin)) return false;
  const applied = await writer.apply(CRON_JOB, desiredCronJob(input, done), signal);
  recordApplied(schedule, applied, events);
  if (applied.outcome === 'unchanged') settled.settle(applied.object, origin);

  if (!isRequested) return applied.outcome !== 'unchanged';
  const job = desiredBackupNowJob(input, applied.object, wanted);
  // The Job before the note that it was created: an operator killed in between finds it under the same name.
  const isMade = target.jobs.some(({ metadata }) => metadata.name === job.metadata.name);
  if (!isMade) recordApplied(schedule, await writer.apply(BACKUP_JOB, job, signal), events);
  await writer.apply(CRON_JOB, desiredCronJob(input, wanted), signal);
  return true;
}

/** Starts no further backups of a target that cannot be backed up for now. @returns whether anything was changed. */
export async function suspendTarget(
  target: ObservedTarget,
  given: TargetInput,
  { writer, signal, events }: ReconcileContext,
): Promise<boolean> {
  const input = cronJobInput(target, given, { held: true });
  const applied = await writer.apply(CRON_JOB, desiredCronJob(input, requestDone(target, given.schedule)), signal);
  recordApplied(given.schedule, applied, events);
  return applied.outcome !== 'unchanged';
}

const cronJobInput = (
  { module, cronJobNames }: ObservedTarget,
  { schedule, store, backupTool, startTimes }: TargetInput,
  { held }: { readonly held: boolean },
): CronJobInput => ({
  schedule,
  store,
  module,
  name: cronJobNames.backup,
  cron: startTimes.of(schedule, module),
  backupTool,
  held,
  // Without a pod of the module there is nothing to be beside, and the volume is free for any node.
  moduleRuns: (module.status?.replicas ?? 0) > 0,
});

/** The request for a backup at once that needs no Job any more: a module without a CronJob was added after it was acted on. */
const requestDone = ({ cronJob }: ObservedTarget, { status }: BackupSchedule): string | undefined =>
  cronJob === undefined ? status?.backupNow : cronJob.metadata.annotations?.[ANNOTATION.backupNow];
