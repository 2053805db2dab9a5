import type { BackupOwner } from '@eeveebot/contract';
import type { StoredBackup, StoreLocation } from '@eeveebot/object-store';

/** A backup in a store. */
export interface FoundBackup {
  readonly id: string;
  readonly key: string;
  /** What users must know about the choice: newer backups that were passed over, a location of former releases. Absent when there is nothing to say. */
  readonly passedOver?: readonly string[];
}

/** Outcome of a test of a store's connection. */
export interface ProbeOutcome {
  readonly succeeded: boolean;
  readonly latencyMs: number;
  /** What went wrong; undefined when nothing did. */
  readonly message?: string;
}

/**
 * S3 servers, as the kinds ask them. No call takes longer than 10 s, and none tries again by itself: who calls is
 * called again.
 */
export interface ObjectStores {
  /** Lists one key of the bucket. A store that cannot be reached is an outcome, not an error. */
  probe(location: StoreLocation, signal: AbortSignal): Promise<ProbeOutcome>;
  /**
   * The backup that `latest` stands for: the newest complete one that is not known to be damaged; undefined only when the store answered that it has none.
   *
   * @throws StoreError when it could not be asked.
   */
  latestBackup(location: StoreLocation, owner: BackupOwner, signal: AbortSignal): Promise<FoundBackup | undefined>;
  /**
   * The backup with this id; undefined only when the store answered that there is none.
   *
   * @throws StoreError when it could not be asked.
   */
  backup(location: StoreLocation, owner: BackupOwner & { readonly id: string }, signal: AbortSignal): Promise<FoundBackup | undefined>;
  /**
   * All backups of a module, the newest first.
   *
   * @throws StoreError when they could not be asked for.
   */
  backups(location: StoreLocation, owner: BackupOwner, signal: AbortSignal): Promise<readonly StoredBackup[]>;
}
