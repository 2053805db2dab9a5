import { defined } from '@eeveebot/contract';
import { recordKey, type BackupRecordKind, type VerificationMode } from '@eeveebot/contract';
import type { StoredBackup } from './stored-backup.ts';
import { isDenied, StoreError } from '../errors/store-error.ts';
import type { Store } from '../s3/store.ts';

/** Result of a verification, stored next to the archive. */
export interface VerificationRecord {
  readonly version: 1;
  /** RFC 3339. */
  readonly time: string;
  readonly mode: VerificationMode;
  readonly result: 'Succeeded' | 'Failed';
  readonly message?: string;
  /** Name and version of the program that verified. */
  readonly tool: string;
}

/** Content of a hold. */
export interface HoldRecord {
  readonly version: 1;
  /** RFC 3339. */
  readonly time: string;
  readonly tool: string;
}

/** The backup that a record belongs to. */
export type RecordedBackup = Pick<StoredBackup, 'id' | 'key' | 'beginning' | 'isFormer'>;

/**
 * Stores the result of a verification: writes its record, then removes the record of the opposite result.
 *
 * @throws StoreError `denied` when the credentials may not write, `rejected` for a backup at the former location.
 * @example
 * await recordVerification(store, backup, { version: 1, time: now.toISOString(), mode: 'Checksum', result: 'Succeeded', tool });
 */
export async function recordVerification(
  store: Store,
  backup: RecordedBackup,
  record: VerificationRecord,
  signal?: AbortSignal,
): Promise<void> {
  const isFailure = record.result === 'Failed';
  await writeRecord(store, backup, { kind: isFailure ? 'failed' : 'verified', content: record }, signal);
  await removeRecord(store, backup, isFailure ? 'verified' : 'failed', signal);
}

/**
 * Protects a backup from retention until {@link releaseBackup}.
 *
 * @throws StoreError as {@link recordVerification}.
 */
export async function holdBackup(store: Store, backup: RecordedBackup, record: HoldRecord, signal?: AbortSignal): Promise<void> {
  await writeRecord(store, backup, { kind: 'hold', content: record }, signal);
}

/**
 * Protects a backup from retention until {@link endRestoring}, because a restore is about to remove the data that it replaces.
 *
 * @throws StoreError as {@link recordVerification}.
 */
export async function beginRestoring(store: Store, backup: RecordedBackup, record: HoldRecord, signal?: AbortSignal): Promise<void> {
  await writeRecord(store, backup, { kind: 'restoring', content: record }, signal);
}

/**
 * Ends the protection by {@link beginRestoring}, also of a backup that no longer exists. Does nothing without it.
 *
 * @returns whether the backup was protected; `undefined` if the credentials do not show that.
 * @throws StoreError `denied` when the credentials may not delete.
 */
export async function endRestoring(
  store: Store,
  { id, beginning }: Pick<RecordedBackup, 'id' | 'beginning'>,
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  const key = recordKey(beginning, id, 'restoring');
  const isProtected = await exists(store, key, signal);
  if (isProtected !== false) await store.delete(key, signal);
  return isProtected;
}

/** Without permission to list, S3 returns 403 for a missing object: a denial says nothing. */
async function exists(store: Store, key: string, signal: AbortSignal | undefined): Promise<boolean | undefined> {
  try {
    return (await store.head(key, signal)) !== undefined;
  } catch (error) {
    if (!isDenied(error)) throw error;
    return undefined;
  }
}

/** Ends a hold, and the protection of a restore that will not be finished. Does nothing when there is neither. */
export async function releaseBackup(store: Store, backup: RecordedBackup, signal?: AbortSignal): Promise<void> {
  await removeRecord(store, backup, 'hold', signal);
  await endRestoring(store, backup, signal);
}

type WrittenKind = Exclude<BackupRecordKind, 'sidecar'>;

async function writeRecord(
  store: Store,
  backup: RecordedBackup,
  { kind, content }: { readonly kind: WrittenKind; readonly content: VerificationRecord | HoldRecord },
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = writableKey(backup, kind);
  await store.put(key, Buffer.from(JSON.stringify(content)), {
    contentType: 'application/json',
    ...defined({ signal }),
  });
}

async function removeRecord(store: Store, backup: RecordedBackup, kind: WrittenKind, signal: AbortSignal | undefined): Promise<void> {
  await store.delete(writableKey(backup, kind), signal);
}

/** The former location may belong to another store, so it is never changed. */
function writableKey({ id, key, beginning, isFormer }: RecordedBackup, kind: WrittenKind): string {
  if (isFormer) {
    throw new StoreError(
      'rejected',
      `${key} is at the location of releases before 3.0, which is read-only: copy the backup to the current location first`,
    );
  }
  return recordKey(beginning, id, kind);
}
