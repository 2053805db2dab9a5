import {
  archiveKey,
  backupPrefix,
  formerBackupPrefix,
  parsedBackupKey,
  recordKey,
  type BackupCompression,
  type BackupOwner,
} from '@eeveebot/contract';
import { probe } from './probe.ts';
import { StoreError } from './store-error.ts';
import type { Store, StoredObject } from './store.ts';

/** An archive that lies in a store. */
export interface StoredBackup extends StoredObject {
  readonly id: string;
  readonly compression: BackupCompression;
  /** Key of its description, which is written when the archive is complete; releases before 3.0 wrote none. */
  readonly sidecarKey: string;
  readonly hasSidecar: boolean;
}

/** Beginnings of the keys under which a module's backups are looked for: today's, and that of former releases. */
const beginnings = (store: Store, owner: BackupOwner): readonly string[] => [
  ...new Set([backupPrefix(store.location.prefix, owner), formerBackupPrefix(store.location.prefix, owner)]),
];

/**
 * All backups of a module, the newest first by LastModified.
 *
 * @throws StoreError
 * @example
 * const [newest] = await listBackups(store, { namespace: 'chat', moduleName: 'seen' });
 */
export async function listBackups(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<readonly StoredBackup[]> {
  const backups: StoredBackup[] = [];
  for (const beginning of beginnings(store, owner)) {
    const objects: StoredObject[] = [];
    for await (const object of store.list(beginning, signal === undefined ? {} : { signal })) objects.push(object);
    const keys = new Set(objects.map(({ key }) => key));
    for (const object of objects) {
      const parsed = parsedBackupKey(object.key, beginning);
      if (parsed?.kind !== 'archive') continue;
      const { id, compression } = parsed;
      const sidecar = recordKey(beginning, id, 'sidecar');
      backups.push({ ...object, id, compression, sidecarKey: sidecar, hasSidecar: keys.has(sidecar) });
    }
  }
  return backups.toSorted((a, b) => b.lastModified.getTime() - a.lastModified.getTime() || (a.key < b.key ? 1 : -1));
}

/** The newest backup of a module; undefined only when the store answered that it has none. */
export async function latestBackup(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<StoredBackup | undefined> {
  return (await listBackups(store, owner, signal))[0];
}

/** The backup with this id; undefined only when the store answered that there is none. */
export async function backupById(store: Store, owner: BackupOwner, id: string, signal?: AbortSignal): Promise<StoredBackup | undefined> {
  for (const beginning of beginnings(store, owner)) {
    for (const compression of ['gzip', 'zstd'] as const) {
      const object = await store.head(archiveKey(beginning, id, compression), signal);
      if (object === undefined) continue;
      const sidecar = recordKey(beginning, id, 'sidecar');
      const hasSidecar = (await store.head(sidecar, signal)) !== undefined;
      return { ...object, id, compression, sidecarKey: sidecar, hasSidecar };
    }
  }
  await assertBucket(store, signal);
  return undefined;
}

/** An answer to HEAD has no body, so a missing bucket looks like a missing object. */
async function assertBucket(store: Store, signal: AbortSignal | undefined): Promise<void> {
  try {
    await probe(store, signal);
  } catch (error) {
    // Who may read but not list was told of the object all the same.
    if (!(error instanceof StoreError) || error.kind !== 'denied') throw error;
  }
}
