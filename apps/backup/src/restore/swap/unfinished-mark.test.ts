import { mkdtempDisposableSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UNFINISHED_NAME } from '../../archive/tar/entry.ts';
import { markUnfinished, removeUnfinishedMark, unfinishedBackups, unfinishedMarkWarning } from './unfinished-mark.ts';

const [FIRST, SECOND] = ['11111111-2222-4333-8444-555555555555', '66666666-7777-4888-9999-000000000000'];

const volumeFolder = () => mkdtempDisposableSync(join(tmpdir(), 'eevee-mark-'));

it('names each backup whose restore did not finish, until it is removed', () => {
  using volume = volumeFolder();
  expect(unfinishedBackups(volume.path)).toEqual(new Set());
  for (const id of [FIRST, SECOND, FIRST]) expect(markUnfinished(volume.path, id)).toBe(true);
  expect(unfinishedBackups(volume.path)).toEqual(new Set([FIRST, SECOND]));
  removeUnfinishedMark(volume.path);
  expect([unfinishedBackups(volume.path), unfinishedMarkWarning(volume.path)]).toEqual([new Set(), undefined]);
});

it('that a module replaced neither changes another file nor names anything but backups', () => {
  using volume = volumeFolder();
  const [target, mark] = [join(volume.path, 'target'), join(volume.path, UNFINISHED_NAME)];
  writeFileSync(target, FIRST);
  symlinkSync(target, mark);
  expect([markUnfinished(volume.path, SECOND), readFileSync(target, 'utf8'), unfinishedBackups(volume.path)]).toEqual([
    true,
    FIRST,
    new Set(),
  ]);
  removeUnfinishedMark(volume.path);
  writeFileSync(mark, `../${FIRST}\n${SECOND}\nlatest\n`);
  expect(unfinishedBackups(volume.path)).toEqual(new Set([SECOND]));
});
