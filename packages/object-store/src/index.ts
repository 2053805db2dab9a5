export {
  backupById,
  backupListing,
  isComplete,
  listBackups,
  newestFirst,
  relistedBackup,
  type BackupListing,
  type OrphanRecord,
  type StoredBackup,
} from './backups.ts';
export { doubts, isGood } from './doubt.ts';
export { isTransient } from './failure.ts';
export { chosenBackup, formerLocationNotice, incompleteReason, latestBackup, type LatestBackup } from './latest.ts';
export { probe } from './probe.ts';
export { holdBackup, recordVerification, releaseBackup, type HoldRecord, type RecordedBackup, type VerificationRecord } from './records.ts';
export { retryDelayMs, withRetries, type RetryPolicy } from './retry.ts';
export { SidecarCache, type SidecarSummary } from './sidecar-summary.ts';
export { StoreError, type StoreErrorKind } from './store-error.ts';
export type { StoreLocation } from './store-location.ts';
export { Store, type PendingUpload, type StoredObject, type StoreOptions, type UploadedPart } from './store.ts';
