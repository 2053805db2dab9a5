import { LOST_AND_FOUND, printable, STAGING_NAME, type ArchiveEntry } from '../archive/entry.ts';
import { BackupError } from '../errors.ts';

const SLASH = 0x2f;
const DOT = 0x2e;

/** Far longer than what a file system's users reach: each folder of a path costs memory. */
const LONGEST_BYTES = 64 * 1024;

const refused = (path: Buffer, why: string): BackupError =>
  new BackupError('integrity', `the archive holds ${JSON.stringify(printable(path))}, ${why}: it is not restored`);

/** The names that a relative path is made of; none for the root. */
export function pathNames(path: Buffer): readonly Buffer[] {
  const names: Buffer[] = [];
  for (let from = 0; from < path.length;) {
    const slash = path.indexOf(SLASH, from);
    const to = slash === -1 ? path.length : slash;
    if (to > from) names.push(path.subarray(from, to));
    from = to + 1;
  }
  return names;
}

/**
 * Refuses paths that could lead out of the folder they are unpacked into.
 *
 * @throws BackupError `integrity` that names the path.
 */
export function assertInside(path: Buffer): void {
  if (path[0] === SLASH) throw refused(path, 'an absolute path');
  if (path.length > LONGEST_BYTES) throw refused(path.subarray(0, 200), 'the beginning of a path longer than any can be');
  if (path.includes(0)) throw refused(path, 'a path with a zero byte');
  for (const name of pathNames(path)) {
    if (name.length === 2 && name[0] === DOT && name[1] === DOT) throw refused(path, 'which leads upwards');
    if (name.length === 1 && name[0] === DOT) throw refused(path, 'which is not in its plain form');
    if (name.length > 255) throw refused(path, 'a name of more than 255 bytes');
  }
}

/**
 * Whether an entry is to be unpacked at all: the file system's own folder and what restores prepare are not data.
 *
 * @throws BackupError `integrity` for what no backup holds: devices, paths and hard links that lead out.
 */
export function isWanted(entry: Pick<ArchiveEntry, 'path' | 'type' | 'linkTarget'>): boolean {
  assertInside(entry.path);
  if (entry.type === 'hardlink') {
    const target = entry.linkTarget ?? Buffer.alloc(0);
    assertInside(target);
    if (target.length === 0) throw refused(entry.path, 'a hard link to nothing');
  }
  if (entry.type === 'character-device' || entry.type === 'block-device') throw refused(entry.path, 'a device');
  if (entry.type === 'other') throw refused(entry.path, 'an entry of a type that is not supported');
  if (entry.type !== 'directory' && entry.path.length === 0) throw refused(entry.path, 'which is the root and no folder');
  const top = pathNames(entry.path)[0]?.toString('latin1');
  return top !== LOST_AND_FOUND && top !== STAGING_NAME;
}
