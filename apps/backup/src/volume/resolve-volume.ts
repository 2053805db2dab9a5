import { realpathSync, statSync } from 'node:fs';
import { BACKUP_ENV } from '@eeveebot/contract';
import { BackupError } from '../errors.ts';

/**
 * The directory that a path names: its symlinks are resolved once, so that everything works on the same directory, and the root of
 * an archive is never a symlink.
 *
 * @throws BackupError `usage` when there is no directory: a path that was mistyped must not pass for an empty volume.
 */
export function resolvedVolume(path: string): string {
  return resolvedDirectory(path, `mount the volume there, or set ${BACKUP_ENV.volumePath} or --path to its path`);
}

/**
 * The directory that scratch space is, with its symlinks resolved.
 *
 * @throws BackupError `usage` when there is no directory.
 */
export const resolvedScratch = (path: string): string =>
  resolvedDirectory(path, `set ${BACKUP_ENV.verifyScratchPath} or --scratch to a directory with room for the restored data`);

function resolvedDirectory(path: string, advice: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return realpathSync(path);
  const what = stats === undefined ? 'does not exist' : 'is not a directory';
  throw new BackupError('usage', `${path} ${what}: ${advice}`);
}
