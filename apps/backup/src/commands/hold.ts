import { backupById, holdBackup, releaseBackup } from '@eeveebot/object-store';
import packageJson from '../../package.json' with { type: 'json' };
import type { CommandContext } from './context.ts';
import { BackupError } from '../errors.ts';
import { noSuchBackup } from '../backups/find-backup.ts';

/** Result of `hold` and `release`. */
export interface HoldResult {
  readonly id: string;
  readonly key: string;
  readonly held: boolean;
}

/**
 * Protects a backup from retention, or ends the protection.
 *
 * @throws BackupError `noSuchBackup`; `usage` for a backup at the location of releases before 3.0; StoreError.
 */
export async function setHold({ config, store, signal, now }: CommandContext, held: boolean): Promise<HoldResult> {
  const id = config.backupId ?? '';
  const backup = await backupById(store, config.owner, id, signal);
  if (backup === undefined) throw noSuchBackup(config);
  const { key, isFormer } = backup;
  if (isFormer) {
    throw new BackupError(
      'usage',
      `${key} is at the location of releases before 3.0, where backups are never removed: a hold is not needed`,
    );
  }
  if (held) await holdBackup(store, backup, { version: 1, time: now().toISOString(), tool: `eevee-backup ${packageJson.version}` }, signal);
  else await releaseBackup(store, backup, signal);
  return { id, key, held };
}
