import { statSync } from 'node:fs';
import { BACKUP_ENV } from '@eeveebot/contract';
import { BackupError } from './errors.ts';

/**
 * That there is a folder to work on: a path that was mistyped must not pass for an empty volume.
 *
 * @throws BackupError `usage`
 */
export function assertVolume(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return;
  const what = stats === undefined ? 'does not exist' : 'is no folder';
  throw new BackupError('usage', `${path} ${what}: mount the volume there, or say with ${BACKUP_ENV.volumePath} or --path where it is`);
}
