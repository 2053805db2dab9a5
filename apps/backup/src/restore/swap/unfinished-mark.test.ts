import { appendFileSync, existsSync, mkdtempDisposableSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROTECTED_NAME, UNFINISHED_NAME } from '../../archive/tar/entry.ts';
import { markUnfinished, removeUnfinishedMark, unfinishedMarkWarning, unfinishedProtections } from './unfinished-mark.ts';

const FIRST = { id: '11111111-2222-4333-8444-555555555555', place: 'backups/a folder/chat/seen/' };
const SECOND = { id: '66666666-7777-4888-9999-000000000000', place: 'backups/chat/seen/' };

const volumeFolder = () => mkdtempDisposableSync(join(tmpdir(), 'eevee-mark-'));

it('names each backup whose restore did not finish, and lists it as protected once one has', () => {
  using volume = volumeFolder();
  expect(unfinishedProtections(volume.path)).toEqual([]);
  for (const each of [FIRST, undefined, SECOND]) expect(markUnfinished(volume.path, each)).toBe(true);
  expect(unfinishedProtections(volume.path)).toEqual([FIRST, SECOND]);
  removeUnfinishedMark(volume.path);
  expect([unfinishedProtections(volume.path), unfinishedMarkWarning(volume.path)]).toEqual([[], undefined]);
  expect(readFileSync(join(volume.path, PROTECTED_NAME), 'utf8')).toBe(`${FIRST.id} ${FIRST.place}\n${SECOND.id} ${SECOND.place}\n`);
});

it('marks a volume also if the backup is not protected', () => {
  using volume = volumeFolder();
  expect(markUnfinished(volume.path, undefined)).toBe(true);
  expect(unfinishedMarkWarning(volume.path)).toContain(UNFINISHED_NAME);
  removeUnfinishedMark(volume.path);
  expect(existsSync(join(volume.path, PROTECTED_NAME))).toBe(false);
});

it('that a module replaced neither changes another file nor names anything but backups', () => {
  using volume = volumeFolder();
  const [target, mark] = [join(volume.path, 'target'), join(volume.path, UNFINISHED_NAME)];
  writeFileSync(target, FIRST.id);
  symlinkSync(target, mark);
  expect([markUnfinished(volume.path, SECOND), readFileSync(target, 'utf8'), unfinishedProtections(volume.path)]).toEqual([
    true,
    FIRST.id,
    [],
  ]);
  removeUnfinishedMark(volume.path);
  writeFileSync(mark, `../${FIRST.id}\n${SECOND.id}\nlatest\n`);
  expect(unfinishedProtections(volume.path)).toEqual([{ id: SECOND.id }]);
});

it('names the server, if the line does', () => {
  using volume = volumeFolder();
  const elsewhere = { ...SECOND, server: '0123456789abcdef' };
  for (const each of [FIRST, elsewhere]) markUnfinished(volume.path, each);
  expect(unfinishedProtections(volume.path)).toEqual([FIRST, elsewhere]);
});

it('keeps its lines apart from one that was written in part', () => {
  using volume = volumeFolder();
  const mark = join(volume.path, UNFINISHED_NAME);
  markUnfinished(volume.path, FIRST);
  appendFileSync(mark, `${SECOND.id} backups/ch`);
  markUnfinished(volume.path, FIRST);
  appendFileSync(mark, SECOND.id.slice(0, 9));
  markUnfinished(volume.path, SECOND);
  expect(unfinishedProtections(volume.path)).toEqual([FIRST, { id: SECOND.id }, FIRST, SECOND]);
});
