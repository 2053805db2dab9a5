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
export { accessKeyIdProblem, secretKeyProblem, trimmedCredential } from './credentials.ts';
export { doubts, isGood, type DoubtedBackup } from './doubt.ts';
export { chosenBackup, formerLocationNotice, incompleteReason, latestBackup, type LatestBackup } from './latest.ts';
export { probe } from './probe.ts';
export { proxiesOf, type ProxyVariables } from './proxies.ts';
export { holdBackup, recordVerification, releaseBackup, type HoldRecord, type RecordedBackup, type VerificationRecord } from './records.ts';
export { retryDelayMs, withRetries, type RetryPolicy } from './retry.ts';
export { SidecarCache, sidecarSummary, type SidecarSummary } from './sidecar-summary.ts';
export { isTransient, StoreError } from './store-error.ts';
export type { StoreErrorKind, StoreExit } from './store-failures.ts';
export type { StoreLocation } from './store-location.ts';
export {
  isSameEtag,
  Store,
  type OpenObject,
  type PendingUpload,
  type StoredObject,
  type StoreOptions,
  type UploadedPart,
} from './store.ts';
