import type { S3Store, S3StoreReason, S3StoreStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordWorry } from '../readiness-events.ts';

/** Reasons that a person should act on. */
const WORRYING: ReadonlySet<string> = new Set<S3StoreReason>(['ConnectionFailed', 'SecretNotFound', 'SecretKeyMissing', 'InvalidSpec']);

/** Tells of a store that cannot be used any more, and of one that can be used again. */
export function recordReadiness(store: S3Store, status: S3StoreStatus, events: EventRecorder): void {
  recordWorry({ resource: store, status, worrying: WORRYING, events });
  const reasonOf = (of: S3StoreStatus | undefined) => of?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  const before = reasonOf(store.status);
  if (before !== undefined && before !== 'ConnectionSuccessful' && reasonOf(status) === 'ConnectionSuccessful') {
    events.record(store, { type: 'Normal', reason: 'ConnectionSuccessful', message: 'The store can be reached again' });
  }
}
