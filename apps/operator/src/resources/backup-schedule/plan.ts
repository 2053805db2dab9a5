import type { BackupSchedule, BackupScheduleReason, S3Store } from '@eeveebot/crds';
import { targetVerdict } from '../../backup/target.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';
import { scheduleProblems } from './spec.ts';

/** What is to be done about a schedule now. */
export type SchedulePlan =
  /** The CronJobs are left as they are until this is mended. */
  | {
      readonly action: 'hold';
      readonly reason: Extract<BackupScheduleReason, 'InvalidSpec' | 'S3StoreNotFound' | 'S3StoreNotReady'>;
      readonly message: string;
    }
  | { readonly action: 'carry-out'; readonly store: S3Store; readonly targets: readonly PlannedTarget[] };

/** A module to be backed up. */
export interface PlannedTarget {
  readonly target: ObservedTarget;
  /** Why its backups rest at the moment. */
  readonly heldBy: string | undefined;
}

/** Decides, from what is observed and the time alone. */
export function schedulePlan({ schedule, store, targets }: ObservedSchedule, now: Date): SchedulePlan {
  const problems = scheduleProblems(schedule, now);
  if (problems.length > 0) return { action: 'hold', reason: 'InvalidSpec', message: problems.join('; ') };
  if (store === undefined) return { action: 'hold', reason: 'S3StoreNotFound', message: storeNotFound(schedule) };
  const ready = store.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') {
    return {
      action: 'hold',
      reason: 'S3StoreNotReady',
      message: `S3Store ${store.metadata.name} is not ready: ${ready?.message ?? 'it has not been tested yet'}`,
    };
  }
  return {
    action: 'carry-out',
    store,
    targets: targets.flatMap((target) => {
      const verdict = targetVerdict(target);
      return verdict.eligible ? [{ target, heldBy: verdict.heldBy }] : [];
    }),
  };
}

const storeNotFound = ({ metadata, spec }: BackupSchedule): string =>
  `spec.s3Store.name is ${spec.s3Store.name}, and there is no such S3Store in namespace ${metadata.namespace}: create it or correct the name`;
