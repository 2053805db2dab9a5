import type { BackupRestore, BackupRestoreStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/api/events.ts';
import { readyOf } from '../../controller/objects/status.ts';
import { obstacleOf } from './status.ts';

/** Records that a restore makes no progress, or has succeeded. */
export function recordProgress(restore: BackupRestore, status: BackupRestoreStatus, events: EventRecorder): void {
  const now = readyOf(status);
  const before = readyOf(restore.status);
  const obstacle = obstacleOf({ status });
  if (obstacle !== undefined && obstacle !== obstacleOf(restore) && restore.metadata.deletionTimestamp === undefined)
    events.record(restore, { type: 'Warning', reason: 'NoProgress', message: obstacle });
  if (now?.reason === 'Succeeded' && before?.reason !== 'Succeeded') {
    events.record(restore, { type: 'Normal', reason: 'Restored', message: now.message });
  }
}
