import { defined } from '@eeveebot/contract';
import {
  archiveKey,
  BACKUP_RECORD_KINDS,
  backupPrefix,
  formerBackupPrefix,
  parsedBackupKey,
  recordKey,
  type BackupCompression,
  type BackupOwner,
  type BackupRecordKind,
} from '@eeveebot/contract';
import { formerBackups, listLocation } from './backup-listing.ts';
import { SidecarReader } from './sidecar-reader.ts';
import { isDenied, StoreError } from '../errors/store-error.ts';
import type { Store } from '../s3/store.ts';
import type { StoredObject } from '../s3/store-types.ts';
import { storedBackup, type Place, type StoredBackup } from './stored-backup.ts';

/**
 * The backup with this id; undefined only when the store confirms that it does not exist. Works with credentials that may not list the
 * bucket.
 *
 * @throws StoreError
 */
export async function backupById(store: Store, owner: BackupOwner, id: string, signal?: AbortSignal): Promise<StoredBackup | undefined> {
  const { prefix } = store.location;
  const [today, former] = [backupPrefix(prefix, owner), formerBackupPrefix(prefix, owner)];
  try {
    const { backups } = await listLocation(store, { beginning: today, isFormer: false, id }, signal);
    if (backups[0] !== undefined || former === today) return backups[0];
    if (await holdsArchives(store, today, signal)) return undefined;
    return (await formerBackups(store, former, signal, id))[0];
  } catch (error) {
    if (!isDenied(error)) throw error;
    return await backupWithoutListing(store, [...new Set([today, former])], id, { denial: error, signal });
  }
}

async function holdsArchives(store: Store, beginning: string, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const { key } of store.list(beginning, defined({ signal }))) {
    if (parsedBackupKey(key, beginning)?.kind === 'archive') return true;
  }
  return false;
}

/**
 * Looks for a backup with HEAD requests. Without permission to list, S3 returns 403 for a missing object, so a denial can mean absence; it
 * is reported only when every request was denied.
 */
async function backupWithoutListing(
  store: Store,
  beginnings: readonly string[],
  id: string,
  { denial, signal }: { readonly denial: StoreError; readonly signal: AbortSignal | undefined },
): Promise<StoredBackup | undefined> {
  let isAnswered = false;
  for (const [index, beginning] of beginnings.entries()) {
    for (const compression of ['gzip', 'zstd'] as const) {
      const head = await headUnlessDenied(store, archiveKey(beginning, id, compression), signal);
      if (head instanceof StoreError) continue;
      isAnswered = true;
      if (head !== undefined) return await headBackup(store, head, { id, compression, place: { beginning, isFormer: index > 0 }, signal });
    }
  }
  if (!isAnswered) throw denial;
  return undefined;
}

async function headBackup(
  store: Store,
  object: StoredObject,
  given: { readonly id: string; readonly compression: BackupCompression; readonly place: Place; readonly signal: AbortSignal | undefined },
): Promise<StoredBackup> {
  const { id, compression, place, signal } = given;
  const beside = new Map<BackupRecordKind, StoredObject>();
  for (const kind of BACKUP_RECORD_KINDS) {
    const head = await headUnlessDenied(store, recordKey(place.beginning, id, kind), signal);
    if (head !== undefined && !(head instanceof StoreError)) beside.set(kind, head);
  }
  const sidecar = await new SidecarReader(store, signal).read(beside.get('sidecar'));
  return storedBackup(object, { id, compression, place, beside, sidecar });
}

async function headUnlessDenied(
  store: Store,
  key: string,
  signal: AbortSignal | undefined,
): Promise<StoredObject | StoreError | undefined> {
  try {
    return await store.head(key, signal);
  } catch (error) {
    if (isDenied(error)) return error;
    throw error;
  }
}
