import { realpathSync, statSync } from 'node:fs';
import { BACKUP_ENV } from '@eeveebot/contract';
import { BackupError } from '../errors.ts';

/**
 * Resolves the symlinks of the volume's path once, so that all steps use the same directory and the root of an archive is never a symlink.
 *
 * @throws BackupError `usage` when it is not a directory: a mistyped path must not count as an empty volume.
 */
export function resolveVolume(path: string): string {
  return resolveDirectory(path, `mount the volume there, or set ${BACKUP_ENV.volumePath} or --path to its path`);
}

/**
 * Resolves the symlinks of the scratch directory's path.
 *
 * @throws BackupError `usage` when it is not a directory.
 */
export const resolveScratch = (path: string): string =>
  resolveDirectory(path, `set ${BACKUP_ENV.verifyScratchPath} or --scratch to a directory with room for the restored data`);

function resolveDirectory(path: string, advice: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return realpathSync(path);
  const what = stats === undefined ? 'does not exist' : 'is not a directory';
  throw new BackupError('usage', `${path} ${what}: ${advice}`);
}
