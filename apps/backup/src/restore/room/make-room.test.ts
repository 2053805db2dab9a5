import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TemporaryFolder } from '../../../test/trees.ts';
import type { EntryKind } from '../entries/entry-admitter.ts';
import { replacedRoom } from './make-room.ts';

let folder: TemporaryFolder;

beforeEach(() => {
  folder = new TemporaryFolder();
  mkdirSync(folder.at('a/b/mounted'), { recursive: true });
  writeFileSync(folder.at('old'), 'x'.repeat(10_000));
});
afterEach(() => folder[Symbol.dispose]());

/** Room on a volume with a file system at `a/b/mounted`, for an archive with these entries and `old`. */
const roomFor = (kinds: Readonly<Record<string, EntryKind>>) =>
  replacedRoom(folder.path, { clean: false, kindAt: (path) => ({ ...kinds, old: 'file' as const })[String(path)] }, [
    Buffer.from('a/b/mounted'),
  ]);

describe('the room that a restore makes', () => {
  it.each<Readonly<Record<string, EntryKind>>>([
    { a: 'file' },
    { a: 'directory', 'a/b': 'symlink' },
    { a: 'implied', 'a/b': 'directory', 'a/b/mounted': 'file' },
  ])('is refused before anything is removed if %j takes the place of a mounted file system', (kinds) => {
    expect(() => roomFor(kinds)).toThrow(
      'a file system is mounted at "a/b/mounted", where the backup has no directory; nothing was changed',
    );
  });

  it.each<Readonly<Record<string, EntryKind>>>([{}, { a: 'directory' }, { 'a/b': 'implied', 'a/b/mounted': 'directory' }])(
    'is that of the replaced files if %j leaves the mounted file system in place',
    (kinds) => {
      expect(roomFor(kinds).inodes).toBe(1);
    },
  );
});
