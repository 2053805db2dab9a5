import { runsBackupCommand } from '@eeveebot/contract';
import type { BackupSchedule, BackupScheduleReason, BackupScheduleStatus, BackupTarget, Condition } from '@eeveebot/crds';
import { targetVerdict } from '../../backup/target.ts';
import { withCondition, type NewCondition } from '../../controller/status.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';
import type { SchedulePlan } from './plan.ts';
import type { TargetError } from './target-error.ts';
import { targetHistory } from './target-history.ts';
import { verifiedConditions } from './verified.ts';

type Ready = Pick<NewCondition, 'status' | 'message'> & { readonly reason: BackupScheduleReason };

/**
 * The whole status of a schedule, computed afresh from what is observed.
 *
 * @param failures of targets that could not be brought to what they should be.
 */
export function scheduleStatus(given: {
  readonly observed: ObservedSchedule;
  readonly plan: SchedulePlan;
  readonly failures: readonly TargetError[];
  readonly now: Date;
}): BackupScheduleStatus {
  const { schedule, targets, cronJobs } = given.observed;
  const generation = schedule.metadata.generation ?? 0;
  const ready = unlessFailed(given.failures, readyCondition(given.observed, given.plan));
  const backups = cronJobs.filter((cronJob) => runsBackupCommand(cronJob, 'backup'));
  const started = newest(backups.map(({ status }) => status?.lastScheduleTime));
  const succeeded = newest(backups.map(({ status }) => status?.lastSuccessfulTime));
  const listed = targets.map((target) => backupTarget(schedule, target));
  const stated = [{ type: 'Ready', ...ready }, ...verifiedConditions(given.observed, listed)];
  return {
    observedGeneration: generation,
    conditions: conditionsOf(schedule, stated, given.now),
    targets: listed,
    ...timeOf('lastScheduleTime', newest([schedule.status?.lastScheduleTime, started])),
    ...timeOf(
      'lastSuccessfulTime',
      newest([
        schedule.status?.lastSuccessfulTime,
        succeeded,
        ...listed.map((target) => (target.lastBackup?.result === 'Succeeded' ? target.lastBackup.time : undefined)),
      ]),
    ),
  };
}

/** The conditions that are stated now, in their former order; all others are dropped. */
function conditionsOf({ status, metadata }: BackupSchedule, stated: readonly NewCondition[], now: Date): readonly Condition[] {
  const kept = (status?.conditions ?? []).filter(({ type }) => stated.some((condition) => condition.type === type));
  return stated.reduce<readonly Condition[]>(
    (conditions, condition) => withCondition(conditions, { ...condition, observedGeneration: metadata.generation ?? 0 }, now),
    kept,
  );
}

function readyCondition({ schedule, targets }: ObservedSchedule, plan: SchedulePlan): Ready {
  if (plan.action === 'hold') return { status: 'False', reason: plan.reason, message: plan.message };
  if (schedule.spec.suspend) return { status: 'False', reason: 'Suspended', message: 'spec.suspend is true: no backups are started' };
  const refused = targets.flatMap((target) => {
    const verdict = targetVerdict(target);
    return verdict.eligible ? [] : [`BotModule ${target.module.metadata.name}: ${verdict.message}`];
  });
  if (plan.targets.length === 0) {
    const why =
      refused.length > 0 ? refused.join('; ') : `no BotModule of the namespace has spec.backupSchedule.name: ${schedule.metadata.name}`;
    return { status: 'False', reason: 'NoTargets', message: why };
  }
  const held = plan.targets.flatMap(({ target, heldBy }) =>
    heldBy === undefined ? [] : [`backups of BotModule ${target.module.metadata.name} are on hold: ${heldBy}`],
  );
  const count = `${plan.targets.length} ${plan.targets.length === 1 ? 'module is' : 'modules are'} backed up at ${schedule.spec.schedule}`;
  return { status: 'True', reason: 'CronJobsCreated', message: [count, ...held, ...refused].join('; ') };
}

/** Each target that failed is named with the cause, also where the others are well. */
function unlessFailed(failures: readonly TargetError[], ready: Ready): Ready {
  if (failures.length === 0) return ready;
  const message = failures.map((failure) => failure.message).join('; ');
  if (failures.some(({ isFinal }) => isFinal)) return { status: 'False', reason: 'InvalidSpec', message };
  return { status: 'Unknown', reason: 'Pending', message: `some CronJobs or Jobs could not be created; retrying: ${message}` };
}

function backupTarget(schedule: BackupSchedule, target: ObservedTarget): BackupTarget {
  const { cronJob } = target;
  const { lastBackup, uncompressedBytes, lastVerified, lastVerifiedTime } = targetHistory(schedule, target);
  return {
    module: target.module.metadata.name,
    ...(cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined ? {} : { cronJob: cronJob.metadata.name }),
    ...(lastBackup === undefined ? {} : { lastBackup }),
    ...(uncompressedBytes === undefined ? {} : { uncompressedBytes }),
    ...(lastVerified === undefined ? {} : { lastVerified }),
    ...(lastVerifiedTime === undefined ? {} : { lastVerifiedTime }),
  };
}

/** The latest of RFC 3339 times of one form, which sort as text. */
const newest = (times: readonly (string | undefined)[]): string | undefined =>
  times
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1);

const timeOf = <Name extends string>(name: Name, time: string | undefined): Partial<Record<Name, string>> =>
  time === undefined ? {} : ({ [name]: time } as Record<Name, string>);
