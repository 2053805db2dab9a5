import { mkdirSync, mkdtempSync, symlinkSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderNotEmptyError, FolderUnusableError, writeFiles } from './write-files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-create-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('files', () => {
  it('are written into a folder that is empty or does not exist', () => {
    writeFiles(folder, { 'a/b.txt': 'hello' });
    writeFiles(join(folder, 'new/one'), { c: '' });
    expect(readFileSync(join(folder, 'a/b.txt'), 'utf8')).toBe('hello');
    expect(readdirSync(join(folder, 'new/one'))).toEqual(['c']);
  });

  it('are written beside .git, as after the clone of an empty repository', () => {
    mkdirSync(join(folder, '.git'));
    writeFiles(folder, { c: '' });
    expect(readdirSync(folder).toSorted()).toEqual(['.git', 'c']);
  });

  it.each([
    ['file', /file cannot be created: there is a file of that name/],
    ['file/below', /file\/below cannot be created: a part of the path is a file/],
    ['link', /link cannot be created: a link in the path leads nowhere/],
  ])('are not written to %s, with the fix', (path, message) => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('nowhere', join(folder, 'link'));
    expect(() => writeFiles(join(folder, path), { c: '' })).toThrow(FolderUnusableError);
    expect(() => writeFiles(join(folder, path), { c: '' })).toThrow(message);
  });

  it('are removed when one of them cannot be written, so that the next attempt finds an empty folder', () => {
    mkdirSync(join(folder, '.git'));
    expect(() => writeFiles(folder, { first: '', 'src/a/second': '', 'src/third': '', 'first/fourth': '' })).toThrow(FolderUnusableError);
    expect(readdirSync(folder)).toEqual(['.git']);
  });

  it('never replace existing files', () => {
    writeFileSync(join(folder, 'mine'), 'dear');
    expect(() => writeFiles(folder, { mine: '', other: '' })).toThrow(FolderNotEmptyError);
    expect([readdirSync(folder), readFileSync(join(folder, 'mine'), 'utf8')]).toEqual([['mine'], 'dear']);
  });
});
