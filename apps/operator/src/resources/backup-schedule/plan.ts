import type { BackupScheduleReason, S3Store } from '@eeveebot/crds';
import { targetVerdict } from '../../backup-jobs/target.ts';
import { usableStore } from '../../stores/ready-store.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';
import { targetHistory, type TargetHistory } from './target-history.ts';
import { dueVerification, type DueBackup } from './verification.ts';

/** The next step for a schedule. */
export type SchedulePlan =
  /** Leave the CronJobs as they are until this is fixed. */
  | {
      readonly action: 'hold';
      readonly reason: Extract<BackupScheduleReason, 'InvalidSpec' | 'S3StoreNotFound' | 'S3StoreNotReady' | 'Pending'>;
      readonly message: string;
    }
  | {
      readonly action: 'carry-out';
      readonly store: S3Store;
      readonly targets: readonly PlannedTarget[];
      /** Modules that cannot be backed up for now, although they have not changed: their CronJobs are suspended, not deleted. */
      readonly suspended: readonly ObservedTarget[];
    };

/** A module that is backed up. */
export interface PlannedTarget {
  readonly target: ObservedTarget;
  /** Reason why its backups are on hold at the moment. */
  readonly heldBy: string | undefined;
  readonly history: TargetHistory;
  /** The backup to verify now. */
  readonly due: DueBackup | undefined;
}

/**
 * Decides only from the observed state and the time.
 *
 * @param problems with the schedules in the spec.
 */
export function schedulePlan({ schedule, store, targets }: ObservedSchedule, problems: readonly string[], now: Date): SchedulePlan {
  if (problems.length > 0) return { action: 'hold', reason: 'InvalidSpec', message: problems.join('; ') };
  const { namespace } = schedule.metadata;
  const usable = usableStore(store, { field: 'spec.s3Store.name', name: schedule.spec.s3Store.name, namespace });
  if ('reason' in usable) return { action: 'hold', ...usable };
  return {
    action: 'carry-out',
    store: usable,
    targets: targets.flatMap((target) => {
      const verdict = targetVerdict(target);
      if (!verdict.eligible) return [];
      const history = targetHistory(schedule, target, now);
      return [{ target, heldBy: verdict.heldBy, history, due: dueVerification(schedule, target, history) }];
    }),
    suspended: targets.filter(isSuspended),
  };
}

/** The targets of a plan whose backup CronJobs stay. */
export const keptTargets = ({ targets, suspended }: Extract<SchedulePlan, { action: 'carry-out' }>): readonly ObservedTarget[] => [
  ...targets.map(({ target }) => target),
  ...suspended,
];

/**
 * Whether the target keeps a suspended CronJob: its running backup would be deleted with the CronJob only because another module got the
 * same `moduleName`.
 */
function isSuspended(target: ObservedTarget): boolean {
  const verdict = targetVerdict(target);
  return target.cronJob !== undefined && !verdict.eligible && verdict.reason === 'ModuleNameNotUnique';
}
