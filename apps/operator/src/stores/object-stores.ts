/**
 * Access to the stores of backups: S3Store with its Secrets → address and credentials (`store-access.ts`) → requests
 * (`s3-object-stores.ts`, limited per store and namespace by `store-turns.ts`) → backups and test results, in the types of this file. `search.ts` asks in the
 * background and keeps the answers; `ready-store.ts` only reads the status.
 */
import type { BackupOwner } from '@eeveebot/contract';
import type { StoredBackup, StoreLocation } from '@eeveebot/object-store';

/** Address and credentials of an S3Store. */
export interface StoreAccess extends StoreLocation {
  /** Namespace of the S3Store. */
  readonly namespace: string;
  /** Whether its last connection test succeeded. */
  readonly isReady: boolean;
}

/** A backup in a store. */
export interface FoundBackup {
  readonly id: string;
  readonly key: string;
  /** Notes on the choice for users, if any: newer backups that were passed over, a location of former releases. */
  readonly passedOver?: readonly string[];
}

/** Outcome of a connection test of a store. */
export interface ProbeOutcome {
  readonly succeeded: boolean;
  readonly latencyMs: number;
  /** Cause of the failure; undefined on success. */
  readonly message?: string;
}

/**
 * S3 servers, for the reconcilers. No call takes longer than 10 s, and none retries by itself: the caller is
 * called again.
 */
export interface ObjectStores {
  /** Lists one key of the bucket. A store that cannot be reached is an outcome, not an error. */
  probe(location: StoreAccess, signal: AbortSignal): Promise<ProbeOutcome>;
  /**
   * The backup that `latest` selects: the newest complete one that is not known to be damaged; undefined only if the store responded
   * that it has none.
   *
   * @throws StoreError when the request failed.
   */
  latestBackup(location: StoreAccess, owner: BackupOwner, signal: AbortSignal): Promise<FoundBackup | undefined>;
  /**
   * The backup with this id; undefined only if the store responded that it does not exist.
   *
   * @throws StoreError when the request failed.
   */
  backup(location: StoreAccess, owner: BackupOwner & { readonly id: string }, signal: AbortSignal): Promise<FoundBackup | undefined>;
  /**
   * All backups of a module, newest first.
   *
   * @throws StoreError when the request failed.
   */
  backups(location: StoreAccess, owner: BackupOwner, signal: AbortSignal): Promise<readonly StoredBackup[]>;
}
