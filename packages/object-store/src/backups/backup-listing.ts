/**
 * Backups in a bucket. A listing becomes backups here: keys are parsed, sidecars read (`sidecar-reader.ts`) and both combined
 * (`stored-backup.ts`). `backup-by-id.ts` finds a single one. `latest.ts` and `doubt.ts` judge them; `records.ts` writes their records.
 */
import { defined } from '@eeveebot/contract';
import {
  backupPrefix,
  formerBackupPrefix,
  parsedBackupKey,
  type BackupCompression,
  type BackupOwner,
  type BackupRecordKind,
} from '@eeveebot/contract';
import { SidecarReader } from './sidecar-reader.ts';
import { isDenied, type StoreError } from '../errors/store-error.ts';
import type { Store } from '../s3/store.ts';
import type { StoredObject } from '../s3/store-types.ts';
import { newestFirst, storedBackup, type Place, type StoredBackup } from './stored-backup.ts';

/** A record whose archive no longer exists. */
export interface OrphanRecord extends StoredObject {
  readonly id: string;
  readonly kind: BackupRecordKind;
}

/** All objects that the backup tool stores for a module. */
export interface BackupListing {
  /** Newest first. */
  readonly backups: readonly StoredBackup[];
  /** Records at the current location whose archive no longer exists. */
  readonly orphans: readonly OrphanRecord[];
  /** Set when the credentials may not read sidecars; the start times of backups are then unknown. */
  readonly denial: StoreError | undefined;
}

/**
 * All backups of a module, newest first, and the orphaned records. Reads the sidecar of each backup, cached by the store.
 *
 * The location of releases before 3.0 is read only while the current one holds no archive: `<prefix><namespace>/` has no slash between the
 * two, so another store's module may use it.
 *
 * @throws StoreError
 */
export async function backupListing(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<BackupListing> {
  const { prefix } = store.location;
  const [today, former] = [backupPrefix(prefix, owner), formerBackupPrefix(prefix, owner)];
  const listing = await listLocation(store, { beginning: today, isFormer: false }, signal);
  if (listing.backups.length > 0 || former === today) return listing;
  return { ...listing, backups: await formerBackups(store, former, signal) };
}

/**
 * All backups of a module, newest first; see {@link backupListing}.
 *
 * @throws StoreError
 * @example
 * const [newest] = await listBackups(store, { namespace: 'chat', moduleName: 'seen' });
 */
export async function listBackups(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<readonly StoredBackup[]> {
  return (await backupListing(store, owner, signal)).backups;
}

/**
 * The archives that currently have the id of a backup at the current location. There is one, unless a user added another, such as the same
 * backup recompressed; they share their records.
 *
 * @throws StoreError
 */
export async function relistBackups(
  store: Store,
  { beginning, id }: Pick<StoredBackup, 'beginning' | 'id'>,
  signal?: AbortSignal,
): Promise<readonly StoredBackup[]> {
  return (await listLocation(store, { beginning, isFormer: false, id }, signal)).backups;
}

/** A bucket policy may cover only the current location; a denial at the former one then counts as empty. */
export async function formerBackups(
  store: Store,
  former: string,
  signal: AbortSignal | undefined,
  id?: string,
): Promise<readonly StoredBackup[]> {
  try {
    return (await listLocation(store, { beginning: former, isFormer: true, ...defined({ id }) }, signal)).backups;
  } catch (error) {
    if (isDenied(error)) return [];
    throw error;
  }
}

/** The backups and orphaned records at one location. */
export async function listLocation(store: Store, place: Place, signal: AbortSignal | undefined): Promise<BackupListing> {
  const { beginning, id: wanted = '' } = place;
  const archives: { readonly object: StoredObject; readonly id: string; readonly compression: BackupCompression }[] = [];
  const records = new Map<string, Map<BackupRecordKind, StoredObject>>();
  for await (const object of store.list(`${beginning}${wanted}`, defined({ signal }))) {
    const parsed = parsedBackupKey(object.key, beginning);
    if (parsed === undefined) continue;
    const { id } = parsed;
    if (parsed.kind === 'archive') archives.push({ object, id, compression: parsed.compression });
    else records.set(id, (records.get(id) ?? new Map<BackupRecordKind, StoredObject>()).set(parsed.kind, object));
  }
  const reader = new SidecarReader(store, signal);
  const backups = await inParallel(archives, async ({ object, id, compression }) => {
    const beside = records.get(id) ?? new Map<BackupRecordKind, StoredObject>();
    return storedBackup(object, { id, compression, place, beside, sidecar: await reader.read(beside.get('sidecar')) });
  });
  const ids = new Set(archives.map(({ id }) => id));
  const orphans = [...records]
    .filter(([id]) => !ids.has(id))
    .flatMap(([id, beside]) => [...beside].map(([kind, object]) => ({ ...object, id, kind })));
  return { backups: backups.toSorted(newestFirst), orphans, denial: reader.denial };
}

/** Sidecars read concurrently: one per connection of a store. */
const AT_ONCE = 8;

async function inParallel<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  const results: Result[] = [];
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}
