import type { BackupRestore, BackupRestoreReason, BackupRestoreStatus } from '@eeveebot/crds';
import { readyOf } from '../../backup/restores.ts';
import type { EventRecorder } from '../../controller/types.ts';
import { recordWorry } from '../readiness-events.ts';

/** Reasons that a person should act on. */
const WORRYING: ReadonlySet<string> = new Set<BackupRestoreReason>([
  'Failed',
  'BotModuleNotFound',
  'NoVolume',
  'S3StoreNotFound',
  'S3StoreNotReady',
  'NoBackupsFound',
  'BackupNotFound',
  'SecretNotFound',
]);

/** Tells of a restore that cannot go on or has failed, and of one that has succeeded. */
export function recordReadiness(restore: BackupRestore, status: BackupRestoreStatus, events: EventRecorder): void {
  recordWorry({ resource: restore, status, worrying: WORRYING, events });
  const now = status.conditions?.find(({ type }) => type === 'Ready');
  if (now?.reason === 'Succeeded' && readyOf(restore)?.reason !== 'Succeeded') {
    events.record(restore, { type: 'Normal', reason: 'Restored', message: now.message });
  }
}
