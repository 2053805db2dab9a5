import { chmodSync, linkSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../file-system/remove-tree.ts';
import { makeFifo } from '../file-system/linux.ts';

/** Owner permissions of which a file system with fixed permissions supports only some. */
const MODES = [0o400, 0o600, 0o700] as const;

/** Tests a feature in an empty directory: returns false or throws when the file system lacks it. */
type Trial = (directory: string) => boolean;

const TRIALS: Readonly<Record<string, Trial>> = {
  permissions: (directory) => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    return MODES.every((mode) => {
      chmodSync(file, mode);
      return (lstatSync(file).mode & 0o700) === mode;
    });
  },
  symlinks: (directory) => {
    symlinkSync('target', join(directory, 'link'));
    return readlinkSync(join(directory, 'link')) === 'target';
  },
  'hard links': (directory) => {
    writeFileSync(join(directory, 'file'), '');
    linkSync(join(directory, 'file'), join(directory, 'link'));
    return lstatSync(join(directory, 'file')).nlink === 2;
  },
  FIFOs: (directory) => {
    makeFifo(Buffer.from(join(directory, 'fifo')), 0o600);
    return lstatSync(join(directory, 'fifo')).isFIFO();
  },
};

/**
 * The features that backups use and the file system of a directory lacks. A tree unpacked there may differ from the original even if the
 * archive is intact. Leaves no files in the directory.
 */
export function missingFeatures(directory: string): readonly string[] {
  const trial = join(directory, 'trial');
  return Object.entries(TRIALS).flatMap(([ability, isThere]) => {
    mkdirSync(trial, { mode: 0o700 });
    try {
      return isThere(trial) ? [] : [ability];
    } catch {
      return [ability];
    } finally {
      removeTree(trial);
    }
  });
}
