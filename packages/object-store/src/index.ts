export { backupById, latestBackup, listBackups, type StoredBackup } from './backups.ts';
export { isTransient } from './failure.ts';
export { probe } from './probe.ts';
export { retryDelayMs, withRetries, type RetryPolicy } from './retry.ts';
export { StoreError, type StoreErrorKind } from './store-error.ts';
export type { StoreLocation } from './store-location.ts';
export { Store, type PendingUpload, type StoredObject, type StoreOptions, type UploadedPart } from './store.ts';
