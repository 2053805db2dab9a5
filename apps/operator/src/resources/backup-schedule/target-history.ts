import type { BackupSchedule, BackupTarget, LastBackup } from '@eeveebot/crds';
import { lastBackup, lastSuccessfulBackup } from '../../backup/last-backup.ts';
import { knownVerifications, type KnownVerifications } from '../../backup/last-verification.ts';
import type { ObservedTarget } from './observe.ts';

/** What is known of a target's backups and of their verifications: from its Jobs, and from the status of the schedule. */
export interface TargetHistory extends KnownVerifications {
  readonly lastBackup: LastBackup | undefined;
  /** The last backup that has everything. */
  readonly lastSuccess: LastBackup | undefined;
  /** Size of the files in the last backup that reported it. */
  readonly uncompressedBytes: number | undefined;
}

/** The history of `target`, Jobs that have just ended included. */
export function targetHistory({ status }: BackupSchedule, { module, jobs, pods }: ObservedTarget): TargetHistory {
  const before: Partial<BackupTarget> = status?.targets?.find((target) => target.module === module.metadata.name) ?? {};
  const last = lastBackup({ known: before.lastBackup, jobs, pods });
  return {
    lastBackup: last,
    lastSuccess: lastSuccessfulBackup({ known: before.lastBackup, jobs, pods }),
    uncompressedBytes: last?.uncompressedBytes ?? before.uncompressedBytes,
    ...knownVerifications({ known: before, jobs, pods }),
  };
}
