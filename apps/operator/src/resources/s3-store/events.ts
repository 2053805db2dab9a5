import type { S3Store, S3StoreStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/api/events.ts';
import { readyOf } from '../../controller/objects/status.ts';

/** Records that a store became usable again. */
export function recordRecovery(store: S3Store, status: S3StoreStatus, events: EventRecorder): void {
  const before = readyOf(store.status)?.reason;
  if (before !== undefined && before !== 'ConnectionSuccessful' && readyOf(status)?.reason === 'ConnectionSuccessful') {
    events.record(store, { type: 'Normal', reason: 'ConnectionSuccessful', message: 'The store can be reached again' });
  }
}
