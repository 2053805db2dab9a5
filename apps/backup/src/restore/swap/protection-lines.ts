import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { isBackupId, isErrno } from '@eeveebot/contract';
import type { Protection } from '../../backups/restore-protection.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Enough for hundreds of lines; modules can write to the volume. */
const MAX_BYTES = 64 * 1024;

/** Errors for an entry at the place of a file that is not a file. */
export const isNoFile = (error: unknown): boolean => isErrno(error, 'ELOOP', 'EISDIR', 'ENXIO');

/** The protections that the lines of a file at the top of a volume name. Modules can write to it: anything else is ignored. */
export function readProtections(path: string): readonly Protection[] {
  try {
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (!fstatSync(fd).isFile()) return [];
      const content = Buffer.alloc(MAX_BYTES);
      return content.toString('utf8', 0, readSync(fd, content)).split('\n').flatMap(protectionOf);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isNoFile(error)) return [];
    throw error;
  }
}

/** A line is the id of a backup, followed by a space and its place. */
function protectionOf(line: string): readonly Protection[] {
  const [id = '', ...place] = line.split(' ');
  if (!isBackupId(id)) return [];
  return [place.length === 0 ? { id } : { id, place: place.join(' ') }];
}

const lineOf = ({ id, place }: Protection): string => (place === undefined ? `${id}\n` : `${id} ${place}\n`);

/** Adds lines to a file, which is created if necessary, also without lines. @throws Error of the file system. */
export function appendProtections(path: string, protections: readonly Protection[]): void {
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    writeSync(fd, protections.map(lineOf).join(''));
  } finally {
    closeSync(fd);
  }
}
