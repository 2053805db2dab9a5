import { ANNOTATION } from '@eeveebot/contract';
import type { BackupSchedule } from '@eeveebot/crds';
import { targetVerdict } from '../../backup-jobs/target.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { isBoundToNode, ownAccessModes } from '../../pod-building/access-modes.ts';
import { BACKUP_JOB } from '../../resource-types/kinds.ts';
import { CRON_JOB } from '../../resource-types/kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { keyOf } from '../watching.ts';
import { desiredBackupNowJob, desiredCronJob, type CronJobInput } from './desired/cron-job.ts';
import { observeTarget, type ObservedTarget } from './observe.ts';
import type { PlannedTarget } from './plan.ts';
import type { TargetInput } from './verify.ts';

/**
 * Applies the CronJob that backs a target up, and starts a backup at once if one was requested.
 *
 * @returns whether anything was changed.
 */
export async function applyTarget(planned: PlannedTarget, given: TargetInput, context: ReconcileContext): Promise<boolean> {
  const { target, heldBy } = planned;
  const { schedule, settled } = given;
  const { request, origin } = targetFacts(planned, given);
  if (request === undefined && settled.isSettled(target.cronJob, origin)) return false;
  // Other targets may have taken long, and a restore of this one may have claimed the volume since it was observed.
  return given.volumeLocks.with(keyOf(target.module), async () => {
    const now = observeTarget(schedule, target.module, context.cache);
    const verdict = targetVerdict(now);
    return write({ ...planned, target: now, heldBy: verdict.eligible ? verdict.heldBy : (heldBy ?? verdict.message) }, given, context);
  });
}

/** Input of a target's CronJob, the pending request for a backup at once, and the input that decides whether the CronJob has settled. */
function targetFacts({ target, heldBy }: PlannedTarget, given: TargetInput) {
  const { schedule } = given;
  const input = cronJobInput(target, given, { held: heldBy !== undefined });
  const wanted = schedule.metadata.annotations?.[ANNOTATION.backupNow];
  const done = requestDone(target, schedule);
  const request = wanted !== done && heldBy === undefined ? wanted : undefined;
  const origin = { ...given, module: target.module, more: [input.name, input.cron, input.held, input.besideModule, done] };
  return { input, done, request, origin };
}

async function write(planned: PlannedTarget, given: TargetInput, { writer, signal, events }: ReconcileContext): Promise<boolean> {
  const { schedule, settled } = given;
  const { input, done, request, origin } = targetFacts(planned, given);
  const applied = await writer.apply(CRON_JOB, desiredCronJob(input, done), signal);
  recordApplied(schedule, [applied], events);
  if (applied.outcome === 'unchanged') settled.settle(applied.object, origin);

  if (request === undefined) return applied.outcome !== 'unchanged';
  const job = desiredBackupNowJob(input, applied.object, request);
  // Creates the Job before recording that: an operator killed in between finds the Job under the same name.
  const isMade = planned.target.jobs.some(({ metadata }) => metadata.name === job.metadata.name);
  if (!isMade) recordApplied(schedule, [await writer.apply(BACKUP_JOB, job, signal)], events);
  await writer.apply(CRON_JOB, desiredCronJob(input, request), signal);
  return true;
}

/** Suspends the CronJob of a target that cannot be backed up for now. @returns whether anything was changed. */
export async function suspendTarget(
  target: ObservedTarget,
  given: TargetInput,
  { writer, signal, events }: ReconcileContext,
): Promise<boolean> {
  const input = cronJobInput(target, given, { held: true });
  const applied = await writer.apply(CRON_JOB, desiredCronJob(input, requestDone(target, given.schedule)), signal);
  recordApplied(given.schedule, [applied], events);
  return applied.outcome !== 'unchanged';
}

const cronJobInput = (
  { module, volumeClaim, cronJobNames }: ObservedTarget,
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
  // Without a pod of the module, the backup pod need not share its node: any node can mount the volume.
  besideModule: (module.status?.replicas ?? 0) > 0 && isBoundToNode(ownAccessModes(module, volumeClaim)),
});

/** The latest request for a backup at once that needs no Job. A module without a CronJob was added after that request was served. */
const requestDone = ({ cronJob }: ObservedTarget, { status }: BackupSchedule): string | undefined =>
  cronJob === undefined ? status?.backupNow : cronJob.metadata.annotations?.[ANNOTATION.backupNow];
