import { S3_STORE_REASONS, type S3Store, type S3StoreStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/api/events.ts';
import { recordUnready } from '../readiness-events.ts';

/** Records that a store became unusable, or usable again. */
export function recordReadiness(store: S3Store, status: S3StoreStatus, events: EventRecorder): void {
  recordUnready({ resource: store, status, reasons: S3_STORE_REASONS, events });
  const reasonOf = (of: S3StoreStatus | undefined) => of?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  const before = reasonOf(store.status);
  if (before !== undefined && before !== 'ConnectionSuccessful' && reasonOf(status) === 'ConnectionSuccessful') {
    events.record(store, { type: 'Normal', reason: 'ConnectionSuccessful', message: 'The store can be reached again' });
  }
}
