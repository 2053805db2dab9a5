import { closeSync, existsSync, mkdirSync, openSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFile } from '../file-system/linux.ts';
import { TemporaryFolder } from '../../test/trees.ts';
import { createScratchFolder } from './scratch-folder.ts';

const HOUR_MS = 3_600_000;

describe('the scratch space of a verification', () => {
  let folder: TemporaryFolder;
  let warnings: string[];
  beforeEach(() => {
    folder = new TemporaryFolder();
    warnings = [];
  });
  afterEach(() => folder[Symbol.dispose]());

  const create = (hoursLater = 0) =>
    createScratchFolder(folder.path, { nowMs: Date.now() + hoursLater * HOUR_MS, onWarning: (warning) => void warnings.push(warning) });

  it('contains a folder until it is disposed of', () => {
    const { path, ...created } = create();
    writeFileSync(join(path, 'file'), 'content');
    expect(readdirSync(folder.path)).toHaveLength(1);
    created[Symbol.dispose]();
    expect(readdirSync(folder.path)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('is cleared of folders that killed processes left', () => {
    mkdirSync(folder.at('eevee-verify-Abc123/tree'), { recursive: true });
    create()[Symbol.dispose]();
    expect(existsSync(folder.at('eevee-verify-Abc123'))).toBe(true);
    create(2)[Symbol.dispose]();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('is not cleared of folders in use, and of others', () => {
    mkdirSync(folder.at('elsewhere/kept'), { recursive: true });
    mkdirSync(folder.at('eevee-verify-by-a-user'));
    symlinkSync('elsewhere', folder.at('eevee-verify-Symli1'));
    writeFileSync(folder.at('eevee-verify-AFile1'), '');
    mkdirSync(folder.at('eevee-verify-InUse1'));
    const fd = openSync(folder.at('eevee-verify-InUse1'), 'r');
    const before = readdirSync(folder.path);
    try {
      expect(lockFile(fd, 'exclusive')).toBe(true);
      using used = create(2);
      create(2)[Symbol.dispose]();
      expect(existsSync(used.path)).toBe(true);
    } finally {
      closeSync(fd);
    }
    expect(readdirSync(folder.path)).toEqual(before);
    expect(readdirSync(folder.at('elsewhere'))).toEqual(['kept']);
  });

  it('that is not writable is reported with the setting', () => {
    const attempt = () => createScratchFolder('/proc', { nowMs: Date.now(), onWarning: () => undefined });
    expect(attempt).toThrow(/^\/proc is not writable \(E\w+\): set VERIFY_SCRATCH_PATH or --scratch/);
  });
});
