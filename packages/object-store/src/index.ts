export { backupById } from './backups/backup-by-id.ts';
export { backupListing, listBackups, relistBackups, type BackupListing, type OrphanRecord } from './backups/backup-listing.ts';
export { accessKeyIdProblem, secretKeyProblem, trimmedCredential } from './s3/credentials.ts';
export { doubts, isGood, type DoubtedBackup } from './backups/doubt.ts';
export { isSameEtag } from './s3/etag.ts';
export { chosenBackup, formerLocationNotice, incompleteReason, latestBackup, type LatestBackup } from './backups/latest.ts';
export { probe } from './s3/probe.ts';
export { proxiesOf, type ProxyVariables } from './s3/proxies.ts';
export {
  beginRestoring,
  endRestoring,
  holdBackup,
  recordVerification,
  releaseBackup,
  type HoldRecord,
  type RecordedBackup,
  type VerificationRecord,
} from './backups/records.ts';
export { retryDelayMs, withRetries, type RetryPolicy } from './errors/retry.ts';
export { SidecarCache, sidecarSummary, type SidecarSummary } from './sidecar-summary.ts';
export { isTransient, StoreError } from './errors/store-error.ts';
export type { StoreErrorKind, StoreExit } from './errors/store-failures.ts';
export type { StoreLocation } from './store-location.ts';
export { Store } from './s3/store.ts';
export type { OpenObject, PendingUpload, StoredObject, StoreOptions, UploadedPart } from './s3/store-types.ts';
export { isComplete, newestFirst, type StoredBackup } from './backups/stored-backup.ts';
