import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findProgram, missingPackages } from './find-program.ts';
import { packagesOf } from './programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-programs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('finds only files that can be executed', () => {
  writeFileSync(join(folder, 'eevee-program'), '');
  mkdirSync(join(folder, 'eevee-folder'));
  symlinkSync('/nonexistent', join(folder, 'eevee-link'));
  for (const name of ['eevee-program', 'eevee-folder', 'eevee-link']) expect(findProgram(name, { path: folder })).toBeUndefined();
  chmodSync(join(folder, 'eevee-program'), 0o755);
  expect(findProgram('eevee-program', { path: `/nonexistent:${folder}` })).toBe(join(folder, 'eevee-program'));
});

it('names the packages with missing programs', () => {
  for (const { programs } of packagesOf('bench')) {
    for (const name of programs) writeFileSync(join(folder, name), '', { mode: 0o755 });
  }
  expect(missingPackages('bench', { path: folder })).toEqual([]);
  rmSync(join(folder, 'restic'));
  expect(missingPackages('bench', { path: folder }).filter((name) => findProgram(name, { path: '' }) === undefined)).toEqual(['restic']);
});
