import { ANNOTATION, defined, runsBackupCommand } from '@eeveebot/contract';
import {
  BACKUP_SCHEDULE_REASONS,
  type BackupSchedule,
  type BackupScheduleReason,
  type BackupScheduleStatus,
  type BackupTarget,
  type LastBackup,
  type LastVerification,
} from '@eeveebot/crds';
import { backupProblem } from '../../backup-jobs/backup-problem.ts';
import { latestTime } from '../../backup-jobs/newest-outcome.ts';
import { refusalText, targetVerdict } from '../../backup-jobs/target.ts';
import { boundedMessage } from '../../controller/message.ts';
import { readinessConditions, restatedConditions, type StatedReady } from '../../controller/objects/progress.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';
import type { SchedulePlan } from './plan.ts';
import { PostponedError, type ScheduleError } from './target-error.ts';
import { recordedTargets, targetHistory } from './target-history.ts';
import { verifiedConditions } from './verified.ts';

type Ready = StatedReady<BackupScheduleReason>;

/** Upper bound on the targets in a status: the API server refuses objects larger than 1.5 MiB. */
const RECORDED_TARGETS = 1_000;

/**
 * The whole status of a schedule, computed from the observed state.
 *
 * @param failures requests that were refused.
 */
export function scheduleStatus(given: {
  readonly observed: ObservedSchedule;
  /** The targets, from {@link scheduleTargets}. */
  readonly listed: readonly BackupTarget[];
  readonly plan: SchedulePlan;
  readonly failures: readonly ScheduleError[];
  readonly now: Date;
}): BackupScheduleStatus {
  const { observed, listed, now } = given;
  const { schedule, cronJobs } = observed;
  const generation = schedule.metadata.generation ?? 0;
  const ready = unlessFailed(given.failures, readyCondition(given.observed, given.plan, now));
  const backups = cronJobs.filter((cronJob) => runsBackupCommand(cronJob, 'backup'));
  const started = backups.map(({ status }) => status?.lastScheduleTime);
  const succeeded = backups.map(({ status }) => status?.lastSuccessfulTime);
  const stated = [...readinessConditions(ready, BACKUP_SCHEDULE_REASONS), ...verifiedConditions(given.observed, listed)];
  return {
    observedGeneration: generation,
    conditions: restatedConditions({ known: schedule.status?.conditions, stated, generation, now }),
    targets: recordedTargets(schedule.status, listed.slice(0, RECORDED_TARGETS).map(withoutDetails)),
    ...requestOf(given),
    ...timeOf('lastScheduleTime', latestTime([schedule.status?.lastScheduleTime, ...started], now)),
    ...timeOf(
      'lastSuccessfulTime',
      latestTime(
        [
          schedule.status?.lastSuccessfulTime,
          ...succeeded,
          ...listed.map((target) => (target.lastBackup?.result === 'Succeeded' ? target.lastBackup.time : undefined)),
        ],
        now,
      ),
    ),
  };
}

/** The targets of a schedule with all facts about their backups. */
export const scheduleTargets = ({ schedule, targets }: ObservedSchedule, now: Date): readonly BackupTarget[] =>
  targets.map((target) => backupTarget(schedule, target, now));

/** The part of a target that only the status of the schedule has: the status of the module has the rest. */
function withoutDetails({ lastBackup, lastVerified, ...target }: BackupTarget): BackupTarget {
  return {
    ...target,
    ...(lastBackup === undefined ? {} : { lastBackup: resultOf(lastBackup) }),
    ...(lastVerified === undefined ? {} : { lastVerified: resultOf(lastVerified) }),
  };
}

const resultOf = <T extends LastBackup | LastVerification>(outcome: T): T => {
  const { id, time, result } = outcome;
  const which = 'key' in outcome ? { key: outcome.key } : 'mode' in outcome ? { mode: outcome.mode } : {};
  return { ...defined({ id }), ...which, time, result } as T;
};

/** The latest served request for backups at once: each target has its Job, or gets it when it is no longer on hold. */
function requestOf({
  observed: { schedule },
  plan,
  failures,
}: Parameters<typeof scheduleStatus>[0]): Pick<BackupScheduleStatus, 'backupNow'> {
  const wanted = schedule.metadata.annotations?.[ANNOTATION.backupNow];
  if (wanted === undefined) return {};
  const isActedOn = plan.action === 'carry-out' && failures.length === 0;
  const request = isActedOn ? wanted : schedule.status?.backupNow;
  return request === undefined ? {} : { backupNow: request };
}

function readyCondition({ schedule, targets, eventCauses }: ObservedSchedule, plan: SchedulePlan, now: Date): Ready {
  if (plan.action === 'hold') return { reason: plan.reason, message: plan.message };
  if (schedule.spec.suspend) return { reason: 'Suspended', message: 'spec.suspend is true: no backups are started' };
  const refused = targets.flatMap((target) => {
    const verdict = targetVerdict(target);
    return verdict.eligible ? [] : [`BotModule ${target.module.metadata.name}: ${refusalText(verdict, target.cronJob)}`];
  });
  if (plan.targets.length === 0) {
    const why =
      refused.length > 0
        ? boundedMessage(refused)
        : `no BotModule in the namespace has spec.backupSchedule.name: ${schedule.metadata.name}`;
    return { reason: 'NoTargets', message: why };
  }
  const held = plan.targets.flatMap(({ target, heldBy }) =>
    heldBy === undefined ? [] : [`backups of BotModule ${target.module.metadata.name} are on hold: ${heldBy}`],
  );
  const failing = plan.targets.flatMap(({ target, history }) => {
    const problem = backupProblem({ schedule, ...target, ...history, eventCauses }, now);
    return problem === undefined ? [] : [`BotModule ${target.module.metadata.name}: ${problem}`];
  });
  const { startWindow } = schedule.spec;
  const count = `${plan.targets.length} ${plan.targets.length === 1 ? 'module is' : 'modules are'} backed up at ${schedule.spec.schedule}${startWindow === undefined ? '' : ` and up to ${startWindow} later`}`;
  if (failing.length > 0) return { reason: 'BackupsFailing', message: boundedMessage([...failing, count, ...held, ...refused]) };
  return { reason: 'CronJobsCreated', message: boundedMessage([count, ...held, ...refused]) };
}

/** Names each failed target with its cause, even when the others succeeded. */
function unlessFailed(failures: readonly ScheduleError[], ready: Ready): Ready {
  if (failures.length === 0) return ready;
  const message = boundedMessage(failures.map((failure) => failure.message));
  if (failures.some(({ isFinal }) => isFinal)) return { reason: 'InvalidSpec', message };
  if (failures.every((failure) => failure instanceof PostponedError)) return { reason: 'Pending', message };
  return { reason: 'Pending', message: `some requests for CronJobs or Jobs were refused; retrying: ${message}` };
}

function backupTarget(schedule: BackupSchedule, target: ObservedTarget, now: Date): BackupTarget {
  const { cronJob } = target;
  const { lastBackup, uncompressedBytes, allocatedBytes, lastVerified, lastVerifiedTime } = targetHistory(schedule, target, now);
  return {
    module: target.module.metadata.name,
    ...(cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined ? {} : { cronJob: cronJob.metadata.name }),
    ...defined({ lastBackup, uncompressedBytes, allocatedBytes, lastVerified, lastVerifiedTime }),
  };
}

const timeOf = <Name extends string>(name: Name, time: string | undefined): Partial<Record<Name, string>> =>
  time === undefined ? {} : ({ [name]: time } as Record<Name, string>);
