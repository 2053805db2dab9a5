import { runsBackupCommand } from '@eeveebot/contract';
import type { BackupSchedule, LastBackup } from '@eeveebot/crds';
import type { EventCauses } from '../diagnosis/event-causes.ts';
import type { Job, Pod } from '../resource-types/kubernetes.ts';
import { isUnfinished, jobOutcome, podsOf } from './job-outcome.ts';
import { expectedIntervalSeconds } from './schedule-interval.ts';

/** A module's Jobs, and the known state of its backups. */
export interface BackupState {
  readonly schedule: BackupSchedule;
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
  readonly eventCauses: EventCauses;
  readonly lastBackup: LastBackup | undefined;
}

/**
 * Why a module has no new backup although its CronJob exists: a Job that makes no progress, one that runs for so long that later
 * runs are skipped, or the failure of the last one. Undefined when there is no problem.
 */
export function backupProblem({ schedule, jobs, pods, eventCauses, lastBackup }: BackupState, now: Date): string | undefined {
  const running = runningBackups(jobs);
  const outcomes = running.map((job) => jobOutcome(job, podsOf(job, pods), eventCauses));
  const stuck = outcomes.find((outcome) => outcome.phase === 'running' && outcome.message !== '');
  if (stuck?.phase === 'running') return `its backup makes no progress: ${stuck.message}`;
  const overdue = running.find((job) => isOverdue(schedule, job, now));
  if (overdue !== undefined) {
    const state = overdue.spec?.suspend === true ? 'has been suspended (spec.suspend) since' : 'has been running since';
    return `Job ${overdue.metadata.name} ${state} ${startOf(overdue)}: later backups are skipped until it ends`;
  }
  if (lastBackup?.result !== 'Failed') return undefined;
  return `its last backup failed${lastBackup.message === undefined ? '' : `: ${lastBackup.message}`}`;
}

/** Milliseconds until {@link backupProblem} must be evaluated again, because a Job then delays the next run. */
export function overdueInMs({ schedule, jobs }: Pick<BackupState, 'schedule' | 'jobs'>, now: Date): number | undefined {
  const waits = runningBackups(jobs)
    .map((job) => skippedAtMs(schedule, job, now) - now.getTime())
    .filter((wait) => wait > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

const runningBackups = (jobs: readonly Job[]): readonly Job[] =>
  jobs.filter((job) => runsBackupCommand(job, 'backup') && isUnfinished(job) && job.metadata.deletionTimestamp === undefined);

const startOf = ({ status, metadata }: Job): string | undefined => status?.startTime ?? metadata.creationTimestamp;

const isOverdue = (schedule: BackupSchedule, job: Job, now: Date): boolean => skippedAtMs(schedule, job, now) <= now.getTime();

/** Latest time at which the run after that of `job` is due; NaN while that is unknown. */
function skippedAtMs({ spec }: BackupSchedule, job: Job, now: Date): number {
  const seconds = expectedIntervalSeconds({ schedule: spec.schedule, timeZone: spec.timeZone }, now);
  return Date.parse(startOf(job) ?? '') + (seconds ?? Number.NaN) * 1000;
}
