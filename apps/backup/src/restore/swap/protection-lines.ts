import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { defined, isBackupId, isErrno } from '@eeveebot/contract';
import type { Protection } from '../../backups/restore-protection.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

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

/**
 * A line is the id of a backup, a space, its place and `@` with its server. Earlier releases left out the server, before that also the place.
 * A line that was written in part has only the id.
 */
function protectionOf(line: string): readonly Protection[] {
  const [, id = '', ofId = ''] = /^(\S*)(?: (.*))?$/.exec(line) ?? [];
  if (!isBackupId(id)) return [];
  const [, place, server] = /^(.*\/)(?:@([0-9a-f]{16}))?$/.exec(ofId) ?? [];
  return [{ id, ...defined({ place, server }) }];
}

function lineOf({ id, place, server }: Protection): string {
  if (place === undefined) return `${id}\n`;
  return server === undefined ? `${id} ${place}\n` : `${id} ${place}@${server}\n`;
}

const linesOf = (protections: readonly Protection[]): string => protections.map(lineOf).join('');

/**
 * Adds lines to a file, which is created if necessary, also without lines. If not all of them can be written, none is.
 *
 * @throws Error of the file system.
 */
export function appendProtections(path: string, protections: readonly Protection[]): void {
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || protections.length === 0) return;
    // The last line may have been written in part, by a process that was killed.
    const beginning = stats.size === 0 ? '' : '\n';
    try {
      writeWhole(fd, beginning + linesOf(protections));
    } catch (error) {
      ftruncateSync(fd, stats.size);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces a file by one with these lines. It keeps its content until the other one is complete on disk.
 *
 * @param given.temporary path in the same directory, for the lines while they are written.
 * @throws Error of the file system.
 */
export function replaceProtections(path: string, given: { readonly temporary: string; readonly protections: readonly Protection[] }): void {
  const { temporary, protections } = given;
  remove(temporary);
  try {
    const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      writeWhole(fd, linesOf(protections));
    } finally {
      closeSync(fd);
    }
    // A module may have put a directory there.
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) remove(path);
    renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    throw error;
  }
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Writes a text and syncs it to disk. A full disk can take a part of it first. */
function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  fsyncSync(fd);
}
