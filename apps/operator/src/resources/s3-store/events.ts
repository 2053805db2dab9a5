import { S3_STORE_REASONS, type S3Store, type S3StoreStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/api/events.ts';
import { readyOf } from '../../controller/objects/status.ts';
import { recordUnready } from '../readiness-events.ts';

/** Records that a store became unusable, or usable again. */
export function recordReadiness(store: S3Store, status: S3StoreStatus, events: EventRecorder): void {
  recordUnready({ resource: store, status, reasons: S3_STORE_REASONS, events });
  const before = readyOf(store.status)?.reason;
  if (before !== undefined && before !== 'ConnectionSuccessful' && readyOf(status)?.reason === 'ConnectionSuccessful') {
    events.record(store, { type: 'Normal', reason: 'ConnectionSuccessful', message: 'The store can be reached again' });
  }
}
