import { defined } from '@eeveebot/contract';
import type { BackupSchedule, BackupScheduleStatus, BackupTarget, LastBackup, LastVerification } from '@eeveebot/crds';
import { lastBackup, lastSuccessfulBackup } from '../../backup-jobs/last-backup.ts';
import { knownVerifications, type KnownVerifications } from '../../backup-jobs/last-verification.ts';
import type { ObservedTarget } from './observe.ts';

/** History of a target's backups and verifications, from its Jobs and from the status of the schedule. */
export interface TargetHistory extends KnownVerifications {
  readonly lastBackup: LastBackup | undefined;
  /** The last complete backup. */
  readonly lastSuccess: LastBackup | undefined;
  /** Size of the files in the last backup that reported it. */
  readonly uncompressedBytes: number | undefined;
  /** That size without holes; undefined when that backup did not report it. */
  readonly allocatedBytes: number | undefined;
}

/** The history of `target`, including Jobs that have just ended. */
export function targetHistory({ status }: BackupSchedule, { module, jobs, pods }: ObservedTarget, now: Date): TargetHistory {
  const recorded: Partial<BackupTarget> = recordedTarget(status, module.metadata.name) ?? {};
  const before = {
    ...recorded,
    lastBackup: withDetails(recorded.lastBackup, module.status?.lastBackup),
    lastVerified: withDetails(recorded.lastVerified, module.status?.lastVerified),
  };
  const last = lastBackup({ known: before.lastBackup, jobs, pods, now });
  const sized = last?.uncompressedBytes === undefined ? before : last;
  return {
    lastBackup: last,
    lastSuccess: lastSuccessfulBackup({ known: before.lastBackup, jobs, pods, now }),
    uncompressedBytes: sized?.uncompressedBytes,
    allocatedBytes: sized?.allocatedBytes,
    ...knownVerifications({ known: setFieldsOf(before), jobs, pods, now }),
  };
}

/** Targets of a status by module: a status is searched once per target. */
const targetsByModule = new WeakMap<object, ReadonlyMap<string, BackupTarget>>();

/** The entry of a module in a schedule's status. */
export function recordedTarget(status: BackupScheduleStatus | undefined, module: string): BackupTarget | undefined {
  const targets = status?.targets;
  if (targets === undefined) return undefined;
  const known = targetsByModule.get(targets) ?? new Map(targets.map((target) => [target.module, target]));
  targetsByModule.set(targets, known);
  return known.get(module);
}

/** `targets`, or the list in the status if it is equal: identical objects need no further comparison. */
export function recordedTargets(status: BackupScheduleStatus | undefined, targets: readonly BackupTarget[]): readonly BackupTarget[] {
  const known = status?.targets ?? [];
  const isSame = known.length === targets.length && targets.every((target, index) => isEqual(known[index], target));
  return isSame ? known : targets;
}

function isEqual(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  const [names, others] = [Object.keys(one), Object.keys(other)];
  return names.length === others.length && names.every((name) => isEqual(Reflect.get(one, name), Reflect.get(other, name)));
}

/** Adds the details from the module's status: the status of the schedule has only the result of a backup or verification. */
const withDetails = <T extends { readonly time: string; readonly result: string }>(recorded: T | undefined, ofModule: T | undefined) =>
  recorded !== undefined && ofModule?.time === recorded.time && ofModule.result === recorded.result ? ofModule : recorded;

const setFieldsOf = ({
  lastVerified,
  lastVerifiedTime,
}: {
  lastVerified: LastVerification | undefined;
  lastVerifiedTime?: string;
}): KnownVerifications => ({
  ...defined({ lastVerified, lastVerifiedTime }),
});
