import type { BackupScheduleReason, BackupScheduleStatus, BackupTarget } from '@eeveebot/crds';
import { lastBackup } from '../../backup/last-backup.ts';
import { targetVerdict } from '../../backup/target.ts';
import { withCondition, type NewCondition } from '../../controller/status.ts';
import { notPaused } from '../paused.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';
import type { SchedulePlan } from './plan.ts';
import type { TargetError } from './target-error.ts';

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
  const started = newest(cronJobs.map(({ status }) => status?.lastScheduleTime));
  const succeeded = newest(cronJobs.map(({ status }) => status?.lastSuccessfulTime));
  const listed = targets.map((target) => backupTarget(schedule.status?.targets, target));
  return {
    observedGeneration: generation,
    conditions: withCondition(
      notPaused(schedule.status?.conditions),
      { type: 'Ready', ...ready, observedGeneration: generation },
      given.now,
    ),
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
    heldBy === undefined ? [] : [`the backups of BotModule ${target.module.metadata.name} rest: ${heldBy}`],
  );
  const count = `${plan.targets.length} ${plan.targets.length === 1 ? 'module is' : 'modules are'} backed up at ${schedule.spec.schedule}`;
  return { status: 'True', reason: 'CronJobsCreated', message: [count, ...held, ...refused].join('; ') };
}

/** Each target that failed is named with the cause, also where the others are well. */
function unlessFailed(failures: readonly TargetError[], ready: Ready): Ready {
  if (failures.length === 0) return ready;
  const message = failures.map((failure) => failure.message).join('; ');
  if (failures.some(({ isFinal }) => isFinal)) return { status: 'False', reason: 'InvalidSpec', message };
  return { status: 'Unknown', reason: 'Pending', message: `not all CronJobs can be made now, and it is tried again: ${message}` };
}

function backupTarget(known: readonly BackupTarget[] | undefined, { module, cronJob, jobs, pods }: ObservedTarget): BackupTarget {
  const { name } = module.metadata;
  const last = lastBackup({ known: known?.find((target) => target.module === name)?.lastBackup, jobs, pods });
  return {
    module: name,
    ...(cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined ? {} : { cronJob: cronJob.metadata.name }),
    ...(last === undefined ? {} : { lastBackup: last }),
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
