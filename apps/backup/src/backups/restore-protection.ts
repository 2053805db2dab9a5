import { hash } from 'node:crypto';
import { backupPrefix, messageOf } from '@eeveebot/contract';
import { beginRestoring, endRestoring, StoreError, type Store, type StoredBackup } from '@eeveebot/object-store';
import packageJson from '../../package.json' with { type: 'json' };
import { BackupError } from '../errors.ts';
import type { BackupConfig } from '../settings/config.ts';

/** The store, and where warnings go. */
interface ProtectionContext {
  readonly store: Store;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onWarning: (warning: string) => void;
}

type ProtectedBackup = Pick<StoredBackup, 'id' | 'key' | 'beginning' | 'isFormer' | 'restoring'>;

/**
 * Protects a backup from retention before a restore removes the data that it replaces: from then on the backup may be the only copy. The
 * protection remains if the restore fails, until a restore into the same volume succeeds, also one of another backup.
 *
 * @throws BackupError `noSuchBackup` when the backup was removed since it was found; StoreError.
 */
export async function protectBackup(backup: ProtectedBackup, { store, now, signal, onWarning }: ProtectionContext): Promise<void> {
  const { key, isFormer, restoring } = backup;
  if (!isFormer && !restoring) {
    try {
      await beginRestoring(store, backup, { version: 1, time: now().toISOString(), tool: `eevee-backup ${packageJson.version}` }, signal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      onWarning(`the backup is not protected from retention while it is restored: ${error.message}`);
    }
  }
  if ((await store.head(key, signal)) === undefined) {
    throw new BackupError('noSuchBackup', `${key} was removed from the store during the restore; nothing was changed`);
  }
}

/** The protection of a backup that {@link protectBackup} has set. */
export interface Protection {
  readonly id: string;
  /** Bucket and beginning of the keys, which ends with a slash; those of the configuration if they are not known. */
  readonly place?: string;
  /** Hash of the server's address; not known from earlier releases. */
  readonly server?: string;
}

/** Where the backups of a configuration are protected, on its server. */
const protectionPlace = ({ store: { bucket, prefix }, owner }: Pick<BackupConfig, 'store' | 'owner'>): string =>
  `${bucket}/${backupPrefix(prefix, owner)}`;

const serverOf = ({ store: { endpoint } }: Pick<BackupConfig, 'store'>): string => hash('sha256', endpoint).slice(0, 16);

/** The protection of a backup; `undefined` at the former location, where retention removes nothing. */
export const protectionOf = (
  { id, isFormer }: Pick<StoredBackup, 'id' | 'isFormer'>,
  config: Pick<BackupConfig, 'store' | 'owner'>,
): Protection | undefined => (isFormer ? undefined : { id, place: protectionPlace(config), server: serverOf(config) });

/**
 * Ends the protection of a backup after a successful restore. Looks for it only at the place of the configuration: modules can write to the
 * volume that names the others. A server can have several addresses: with another one, the backup must be found to be protected.
 *
 * @returns why it could not be ended; `undefined` if the backup is not protected any more.
 */
export async function endProtection(
  { id, place, server }: Protection,
  { config, store, signal }: Pick<ProtectionContext, 'store' | 'signal'> & { readonly config: Pick<BackupConfig, 'store' | 'owner'> },
): Promise<string | undefined> {
  const here = protectionPlace(config);
  if (place !== undefined && place !== here) return `it is at ${JSON.stringify(place)}, and this restore used ${JSON.stringify(here)}`;
  try {
    const wasProtected = await endRestoring(store, { id, beginning: backupPrefix(config.store.prefix, config.owner) }, signal);
    const isHere = server === undefined || server === serverOf(config) || wasProtected === true;
    return isHere ? undefined : `it is on another server, and this restore used ${config.store.endpoint}`;
  } catch (error) {
    if (!(error instanceof StoreError) && !signal.aborted) throw error;
    return messageOf(error);
  }
}
