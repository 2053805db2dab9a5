import { closeSync, constants, fsyncSync, openSync } from 'node:fs';

/** Syncs the names in a directory to disk, so that they survive a power loss. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
