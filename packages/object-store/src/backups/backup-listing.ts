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

/** A record whose archive is gone. */
export interface OrphanRecord extends StoredObject {
  readonly id: string;
  readonly kind: BackupRecordKind;
}

/** Everything that the backup tool keeps for a module. */
export interface BackupListing {
  /** The newest first. */
  readonly backups: readonly StoredBackup[];
  /** Records at today's location whose archive is gone. */
  readonly orphans: readonly OrphanRecord[];
  /** Set when the credentials may not read sidecars: then the times of backups are not known. */
  readonly denial: StoreError | undefined;
}

/**
 * All backups of a module, the newest first, and what is left of those whose archive is gone. Reads the sidecar of each, which the
 * store's cache remembers.
 *
 * The location of releases before 3.0 is read only while today's holds no archive: `<prefix><namespace>/` without a slash between
 * them can be the location of another store's module.
 *
 * @throws StoreError
 */
export async function backupListing(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<BackupListing> {
  const { prefix } = store.location;
  const [today, former] = [backupPrefix(prefix, owner), formerBackupPrefix(prefix, owner)];
  const listing = await listingOf(store, { beginning: today, isFormer: false }, signal);
  if (listing.backups.length > 0 || former === today) return listing;
  return { ...listing, backups: await formerBackups(store, former, signal) };
}

/**
 * All backups of a module, the newest first: see {@link backupListing}.
 *
 * @throws StoreError
 * @example
 * const [newest] = await listBackups(store, { namespace: 'chat', moduleName: 'seen' });
 */
export async function listBackups(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<readonly StoredBackup[]> {
  return (await backupListing(store, owner, signal)).backups;
}

/**
 * The archives with the id of a backup of today's location as they are now: one, as long as no user put another beside it, such as the
 * same backup compressed in another way. They share their records.
 *
 * @throws StoreError
 */
export async function relistedBackups(
  store: Store,
  { beginning, id }: Pick<StoredBackup, 'beginning' | 'id'>,
  signal?: AbortSignal,
): Promise<readonly StoredBackup[]> {
  return (await listingOf(store, { beginning, isFormer: false, id }, signal)).backups;
}

/** A policy may be limited to today's location: then there is nothing to read at the former one. */
export async function formerBackups(
  store: Store,
  former: string,
  signal: AbortSignal | undefined,
  id?: string,
): Promise<readonly StoredBackup[]> {
  try {
    return (await listingOf(store, { beginning: former, isFormer: true, ...(id === undefined ? {} : { id }) }, signal)).backups;
  } catch (error) {
    if (isDenied(error)) return [];
    throw error;
  }
}

/** What is stored at one location. */
export async function listingOf(store: Store, place: Place, signal: AbortSignal | undefined): Promise<BackupListing> {
  const { beginning, id: wanted = '' } = place;
  const archives: { readonly object: StoredObject; readonly id: string; readonly compression: BackupCompression }[] = [];
  const records = new Map<string, Map<BackupRecordKind, StoredObject>>();
  for await (const object of store.list(`${beginning}${wanted}`, signal === undefined ? {} : { signal })) {
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

/** Sidecars that are read at once: as many as a store has connections. */
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
