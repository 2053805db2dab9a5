import { BACKUP_RESTORE_REASONS, type BackupRestore, type BackupRestoreStatus } from '@eeveebot/crds';
import { readyOf } from '../../backup/restores.ts';
import type { EventRecorder } from '../../controller/types.ts';
import { recordUnready } from '../readiness-events.ts';

/** Tells of a restore that cannot go on or has failed, and of one that has succeeded. */
export function recordReadiness(restore: BackupRestore, status: BackupRestoreStatus, events: EventRecorder): void {
  recordUnready({ resource: restore, status, reasons: BACKUP_RESTORE_REASONS, events });
  const now = status.conditions?.find(({ type }) => type === 'Ready');
  if (now?.reason === 'Succeeded' && readyOf(restore)?.reason !== 'Succeeded') {
    events.record(restore, { type: 'Normal', reason: 'Restored', message: now.message });
  }
}
