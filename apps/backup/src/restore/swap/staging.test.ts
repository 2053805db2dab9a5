import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Staging } from './staging.ts';

describe('a staging directory', () => {
  let folder: string;
  let volume: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-test-'));
    volume = join(folder, 'volume');
    for (const name of ['volume', 'victim']) mkdirSync(join(folder, name));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Attack of a module that owns the volume: it cannot open the directory but can rename it. */
  function replace(staging: Staging): void {
    renameSync(staging.root, join(volume, 'stolen'));
    mkdirSync(staging.root);
    for (const name of ['new', 'old']) symlinkSync(join(folder, 'victim'), join(staging.root, name));
  }

  it('that is replaced during unpacking is not used', () => {
    using staging = new Staging(volume);
    staging.create();
    replace(staging);
    writeFileSync(join(staging.fresh, 'file'), 'restored');
    expect(readdirSync(join(folder, 'victim'))).toEqual([]);
    expect(readFileSync(join(volume, 'stolen/new/file'), 'utf8')).toBe('restored');
  });

  it('that is replaced after its journal was checked is not used', () => {
    using made = new Staging(volume);
    made.create();
    made.writeJournal({ backupId: 'id', steps: [] })[Symbol.dispose]();
    using staging = new Staging(volume);
    using journal = staging.journal();
    expect(journal?.backupId).toBe('id');
    replace(staging);
    writeFileSync(join(staging.aside, 'file'), 'old');
    expect(readdirSync(join(folder, 'victim'))).toEqual([]);
  });

  it('is removed even if replaced, without following symlinks', () => {
    using staging = new Staging(volume);
    staging.create();
    replace(staging);
    writeFileSync(join(folder, 'victim/kept'), '');
    staging.remove();
    expect(staging.exists()).toBe(false);
    expect(readdirSync(join(folder, 'victim'))).toEqual(['kept']);
  });
});
