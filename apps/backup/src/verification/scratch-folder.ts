import { closeSync, constants, fstatSync, mkdtempSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BACKUP_ENV, errorCode, isErrno, messageOf } from '@eeveebot/contract';
import { BackupError } from '../errors.ts';
import { lockFile } from '../file-system/linux.ts';
import { removeTree } from '../file-system/remove-tree.ts';

const PREFIX = 'eevee-verify-';

/** As mkdtemp(3) completes the prefix. */
const NAME = /^eevee-verify-[A-Za-z0-9]{6}$/;

/** A folder is locked right after it was created, so an unlocked one that is older was left by a killed process. */
const UNLOCKED_MS = 3_600_000;

/** A folder for a trial restore. */
export interface ScratchFolder extends Disposable {
  readonly path: string;
}

/**
 * Creates a folder in the scratch space, and removes those that killed processes left there. It is locked until it is disposed of, which
 * removes it.
 *
 * @param scratch an existing directory.
 * @param onWarning called when the folder cannot be removed: that says nothing about the backup.
 * @throws BackupError `usage` when the scratch space is not writable, `io` when it is full.
 */
export function createScratchFolder(
  scratch: string,
  { nowMs, onWarning }: { readonly nowMs: number; readonly onWarning: (warning: string) => void },
): ScratchFolder {
  removeAbandoned(scratch, nowMs);
  const path = createdFolder(scratch);
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  tryLock(fd);
  return {
    path,
    [Symbol.dispose]: () => {
      closeSync(fd);
      try {
        removeTree(path);
      } catch (error) {
        onWarning(`${path} could not be removed (the next verification retries): ${messageOf(error)}`);
      }
    },
  };
}

function createdFolder(scratch: string): string {
  try {
    return mkdtempSync(join(scratch, PREFIX));
  } catch (cause) {
    const isFull = isErrno(cause, 'ENOSPC', 'EDQUOT');
    throw new BackupError(
      isFull ? 'io' : 'usage',
      isFull
        ? `${scratch} is full (${errorCode(cause)}): enlarge the scratch space`
        : `${scratch} is not writable (${errorCode(cause) ?? messageOf(cause)}): set ${BACKUP_ENV.verifyScratchPath} or --scratch to a directory with room for the restored data`,
      { cause },
    );
  }
}

function removeAbandoned(scratch: string, nowMs: number): void {
  for (const name of readdirSync(scratch).filter((each) => NAME.test(each))) {
    try {
      const path = join(scratch, name);
      // Held open until it is removed, so that no other process does the same.
      const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      try {
        const { uid, ctimeMs } = fstatSync(fd);
        const isOld = nowMs - ctimeMs > UNLOCKED_MS;
        if (isOld && uid === process.geteuid?.() && tryLock(fd)) removeTree(path);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      // It belongs to another user, or another process removed it. If its space is missing, that is reported.
      if (errorCode(error) === undefined) throw error;
    }
  }
}

/** @returns whether the folder is locked now. On a file system without locks, every folder counts as used. */
function tryLock(fd: number): boolean {
  try {
    return lockFile(fd, 'exclusive');
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}
