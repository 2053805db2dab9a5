import type * as nodeFs from 'node:fs';
import { chmodSync, readFileSync, type renameSync, type rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeTree, TemporaryFolder } from '../../../test/trees.ts';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import { Staging } from './staging.ts';
import { finishSwap, swapIn } from './swap.ts';
import { swapPlan } from './swap-plan.ts';

/** Indexes of the renames that fail. */
const renames = vi.hoisted(() => ({ done: 0, failing: (rename: number): boolean => rename < 0 }));

/** Whether removing folders fails, and the files of the staging directory that were open when something was removed. */
const removal = vi.hoisted(() => ({ fails: false, openFiles: new Set<string>() }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof nodeFs>();
  const rename: typeof renameSync = (from, to) => {
    if (!String(from).endsWith('.draft') && renames.failing(renames.done++)) throw Object.assign(new Error('EIO: rename'), { code: 'EIO' });
    fs.renameSync(from, to);
  };
  const remove: typeof rmSync = (path, options) => {
    for (const fd of fs.readdirSync('/proc/self/fd')) {
      const target = fs.existsSync(`/proc/self/fd/${fd}`) ? fs.readlinkSync(`/proc/self/fd/${fd}`) : '';
      if (target.includes('/.eevee-restore/')) removal.openFiles.add(target);
    }
    if (removal.fails && options?.recursive === true) throw Object.assign(new Error('EBUSY: rm'), { code: 'EBUSY' });
    fs.rmSync(path, options);
  };
  return { ...fs, default: fs, renameSync: rename, rmSync: remove };
});

const COUNT = 11;
const moments = Array.from({ length: COUNT }, (_, moment) => moment);

describe.each([{ clean: true }, { clean: false }])('a swap (clean: $clean)', ({ clean }) => {
  beforeEach(() => {
    failRenames(() => false);
    removal.openFiles.clear();
  });
  // NFS and FUSE keep an open file that is removed under another name.
  afterEach(() => expect([...removal.openFiles]).toEqual([]));

  it('moves the restored data into place', () => {
    using world = prepared(clean);
    swapIn(world.swap);
    expect(world.tree()).toEqual(EXPECTED[clean ? 'clean' : 'over']);
    expect(world.swap.staging.exists()).toBe(false);
    expect(renames.done).toBe(COUNT);
    expect(world.warnings).toEqual([]);
  });

  it.each(moments)('that was interrupted after %i renames is finished by the next run', (moment) => {
    using world = prepared(clean);
    world.swap.staging.writeJournal(world.swap)[Symbol.dispose]();
    failRenames((rename) => rename >= moment);
    expect(() => world.finish()).toThrow('EIO');
    failRenames(() => false);
    world.finish();
    expect(world.tree()).toEqual(EXPECTED[clean ? 'clean' : 'over']);
    expect(world.swap.staging.exists()).toBe(false);
  });

  it.each(moments)('restores the old data when rename %i fails', (moment) => {
    using world = prepared(clean);
    const before = world.tree();
    failRenames((rename) => rename === moment);
    expect(() => swapIn(world.swap)).toThrow('the old data is in place again: EIO');
    expect(world.tree()).toEqual(before);
    expect(world.swap.staging.exists()).toBe(false);
  });

  it('that cannot clean up succeeds with a warning and is not repeated', () => {
    using world = prepared(clean);
    removal.fails = true;
    swapIn(world.swap);
    removal.fails = false;
    expect(world.warnings).toEqual([expect.stringMatching('the data is in place, but .* could not be removed .*EBUSY: rm')]);
    expect(world.swap.staging.journal()).toBeUndefined();
    expect(world.tree()).toEqual(EXPECTED[clean ? 'clean' : 'over']);
  });

  it.each(moments.slice(1))('that can neither continue nor revert after %i renames is finished by the next run', (moment) => {
    using world = prepared(clean);
    failRenames((rename) => rename === moment || rename === moment + 1);
    expect(() => swapIn(world.swap)).toThrow('nor the old data moved back completely');
    failRenames(() => false);
    world.finish();
    expect(world.tree()).toEqual(EXPECTED[clean ? 'clean' : 'over']);
  });
});

function failRenames(failing: (rename: number) => boolean): void {
  Object.assign(renames, { done: 0, failing });
}

const NEW = [
  './added 555',
  './added/file 644 new',
  './becomes-file 644 new',
  './both 710',
  './both/data.db 644 new',
  './both/deep 755',
  './both/same 644 new',
];

/** Paths, modes and contents. */
const EXPECTED = {
  clean: [...NEW, './closed 500', './closed/other 644 new', './link 777', './lost+found 755', './same 644 new'],
  over: [
    ...NEW.toSpliced(6, 0, './both/deep/kept 644 old'),
    './closed 500',
    './closed/file 644 old',
    './closed/other 644 new',
    './gone 644 old',
    './link 777',
    './lost+found 755',
    './same 644 new',
  ],
};

/** A volume with old data and unpacked new data, ready for the swap. */
function prepared(clean: boolean) {
  const folder = new TemporaryFolder();
  const write = (path: string, text: string) => writeFileSync(folder.at(path), text);
  const volume = folder.folder('volume');
  for (const path of ['volume/both/deep', 'volume/closed', 'volume/becomes-file', 'volume/lost+found']) folder.folder(path);
  write('volume/same', 'old');
  write('volume/gone', 'old');
  write('volume/both/same', 'old');
  write('volume/both/deep/kept', 'old');
  write('volume/becomes-file/inside', 'old');
  write('volume/both/data.db-wal', 'stale');
  write('volume/closed/file', 'old');
  chmodSync(folder.at('volume/closed'), 0o500);
  const staging = new Staging(volume);
  staging.create();
  const fresh = 'volume/.eevee-restore/new';
  for (const path of ['both/deep', 'closed', 'added']) folder.folder(`${fresh}/${path}`);
  write(`${fresh}/same`, 'new');
  write(`${fresh}/both/same`, 'new');
  write(`${fresh}/both/data.db`, 'new');
  write(`${fresh}/added/file`, 'new');
  write(`${fresh}/becomes-file`, 'new');
  symlinkSync('nowhere', folder.at(`${fresh}/link`));
  write(`${fresh}/closed/other`, 'new');
  chmodSync(folder.at(`${fresh}/closed`), 0o500);
  chmodSync(folder.at(`${fresh}/added`), 0o555);
  chmodSync(folder.at(`${fresh}/both`), 0o710);
  using freshTree = new DirectoryTree(staging.fresh);
  using volumeTree = new DirectoryTree(volume);
  const databases = new Set(['both/data.db']);
  const kindAt = (path: Buffer) => (databases.has(String(path)) ? 'database' : 'directory');
  // The steps are used after the trees are closed.
  const steps = [...swapPlan({ fresh: freshTree, volume: volumeTree, clean, kindAt })];
  const warnings: string[] = [];
  const swap = { staging, volume, backupId: 'id', steps, onWarning: (warning: string) => void warnings.push(warning) };
  return {
    swap,
    finish: () => {
      using journal = staging.journal();
      if (journal === undefined) throw new Error('there is no journal');
      finishSwap({ ...swap, journal });
    },
    warnings,
    tree: () => pathsModesAndContents(volume),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

function pathsModesAndContents(folder: string): readonly string[] {
  return describeTree(folder)
    .map((line) => line.split(' | '))
    .filter(([path = '']) => path !== '.' && !path.startsWith('./.eevee-restore'))
    .map(([path, type, mode]) => `${path} ${mode}${type === 'file' ? ` ${readFileSync(`${folder}/${path}`, 'utf8')}` : ''}`);
}
