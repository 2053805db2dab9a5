import { backupById, holdBackup, releaseBackup } from '@eeveebot/object-store';
import packageJson from '../../package.json' with { type: 'json' };
import type { CommandContext } from '../command.ts';
import { BackupError } from '../errors.ts';
import { noSuchBackup } from '../backups/found-backup.ts';

/** Whether a backup is kept in spite of every retention rule. */
export interface HoldResult {
  readonly id: string;
  readonly key: string;
  readonly held: boolean;
}

/**
 * Keeps a backup from being removed by retention, or ends that.
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
      `${key} is where releases before 3.0 kept backups: nothing is removed there, so there is nothing to hold`,
    );
  }
  if (held) await holdBackup(store, backup, { version: 1, time: now().toISOString(), tool: `eevee-backup ${packageJson.version}` }, signal);
  else await releaseBackup(store, backup, signal);
  return { id, key, held };
}
