import { beginRestoring, endRestoring, StoreError, type Store, type StoredBackup } from '@eeveebot/object-store';
import packageJson from '../../package.json' with { type: 'json' };
import { BackupError } from '../errors.ts';

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

/** Ends the protection after a successful restore. A failure is a warning. */
export async function unprotectBackup(backup: ProtectedBackup, { store, signal, onWarning }: ProtectionContext): Promise<void> {
  try {
    if (!backup.isFormer) await endRestoring(store, backup, signal);
  } catch (error) {
    if (!(error instanceof StoreError) && !signal.aborted) throw error;
    onWarning(`the backup remains protected from retention until you run \`eevee-backup release ${backup.id}\`: ${String(error)}`);
  }
}
