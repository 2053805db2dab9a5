import { S3_STORE_REASONS, type S3Store, type S3StoreStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordUnready } from '../readiness-events.ts';

/** Tells of a store that cannot be used any more, and of one that can be used again. */
export function recordReadiness(store: S3Store, status: S3StoreStatus, events: EventRecorder): void {
  recordUnready({ resource: store, status, reasons: S3_STORE_REASONS, events });
  const reasonOf = (of: S3StoreStatus | undefined) => of?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  const before = reasonOf(store.status);
  if (before !== undefined && before !== 'ConnectionSuccessful' && reasonOf(status) === 'ConnectionSuccessful') {
    events.record(store, { type: 'Normal', reason: 'ConnectionSuccessful', message: 'The store can be reached again' });
  }
}
