/**
 * Backups in the store: this file finds the requested one and reads its sidecar (`sidecar.ts`), `checked-archive.ts` downloads and checks
 * its archive, and `retention.ts` decides which backups expire.
 */
import { backupById, doubts, formerLocationNotice, latestBackup, type Store, type StoredBackup } from '@eeveebot/object-store';
import type { BackupConfig } from '../settings/config.ts';
import { BackupError } from '../errors.ts';
import { parsedSidecar, type Sidecar } from './sidecar.ts';

/** A request for a backup, and the store to find it in. */
interface BackupSource {
  readonly config: Pick<BackupConfig, 'owner' | 'backupId' | 'store'>;
  readonly store: Store;
  readonly signal: AbortSignal;
}

/** A backup to read, with its whole sidecar. */
export interface FoundBackup extends Omit<StoredBackup, 'sidecar'> {
  /** Undefined for archives made by releases before 3.0. */
  readonly sidecar: Sidecar | undefined;
  /** Why newer backups were passed over. */
  readonly passedOver: readonly string[];
  /** Why it does not count as good; undefined when it does. */
  readonly doubt: string | undefined;
  /** Notice for a backup at the location of releases before 3.0. */
  readonly formerNotice: string | undefined;
}

/**
 * The requested backup: by id, or the newest.
 *
 * @throws BackupError `noSuchBackup`; `integrity` when its sidecar is damaged or states a different size; StoreError.
 */
export async function findBackup({ config, store, signal }: BackupSource): Promise<FoundBackup> {
  const { owner, backupId } = config;
  const latest = backupId === undefined ? await latestBackup(store, owner, signal) : undefined;
  const backup = backupId === undefined ? latest?.backup : await backupById(store, owner, backupId, signal);
  if (backup === undefined) throw noSuchBackup(config);
  const found = await loadBackup(backup, { config, store, signal });
  // Only a listing shows that a backup is far smaller than the previous one.
  return latest === undefined ? found : { ...found, passedOver: latest.passedOver, doubt: latest.doubt };
}

/**
 * Reads the whole sidecar of a listed backup.
 *
 * @throws BackupError `integrity` when its sidecar is damaged or states a different size; StoreError.
 */
export async function loadBackup(backup: StoredBackup, { config, store, signal }: BackupSource): Promise<FoundBackup> {
  const text = backup.hasSidecar ? await store.text(backup.sidecarKey, signal) : undefined;
  const sidecar = text === undefined ? undefined : parsedSidecar(text, backup.sidecarKey);
  if (sidecar !== undefined && sidecar.sizeBytes !== backup.sizeBytes) {
    throw new BackupError('integrity', `${backup.key} has ${backup.sizeBytes} bytes, expected ${sidecar.sizeBytes} bytes`);
  }
  const formerNotice = backup.isFormer ? formerLocationNotice(backup, config.owner) : undefined;
  return { ...backup, sidecar, passedOver: [], formerNotice, doubt: doubts([backup]).get(backup.id) };
}

/** Error for a backup that does not exist. */
export function noSuchBackup({ owner, backupId, store }: Pick<BackupConfig, 'owner' | 'backupId' | 'store'>): BackupError {
  const what = backupId === undefined ? 'there is no backup' : `there is no backup ${backupId}`;
  const whose = `of module ${owner.moduleName} in namespace ${owner.namespace} in bucket ${store.bucket}`;
  return new BackupError(
    'noSuchBackup',
    `${what} ${whose}: check bucket, prefix, namespace and module; \`eevee-backup list\` lists the existing backups`,
  );
}
