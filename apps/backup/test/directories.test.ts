import { chmodSync, chownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rawArchive, type RawEntry } from './tar-bytes.ts';
import { objectPath, Tool } from './tool.ts';
import { useTool } from './use-tool.ts';
import { mayChangeOwners } from './trees.ts';

/** Modification time of all entries in the archives. */
const RESTORED_MS = 1_500_000_000_000;
const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c60';

describe.runIf(mayChangeOwners)('a restore of an archive that describes', () => {
  const world = useTool({ keepsObjects: true });

  beforeAll(() => {
    mkdirSync(objectPath(world.s3, 'chat/seen'), { recursive: true });
  });
  beforeEach(() => {
    mkdirSync(`${world.volume}/sub`);
    for (const [path, mode] of [
      ['sub', 0o2710],
      ['.', 0o2775],
    ] as const) {
      chownSync(`${world.volume}/${path}`, 1234, 5678);
      chmodSync(`${world.volume}/${path}`, mode);
    }
  });

  const store = (...entries: readonly RawEntry[]) => writeFileSync(objectPath(world.s3, `chat/seen/${ID}.tar.gz`), rawArchive(...entries));
  const restore = (more: Record<string, string> = {}) => world.tool.run(['restore'], world.env({ RESTORE_BACKUP_ID: ID, ...more }));
  function directory(path: string): string {
    const { mode, uid, gid, mtimeMs } = lstatSync(`${world.volume}/${path}`);
    return `${(mode & 0o7777).toString(8)} ${uid}:${gid} ${mtimeMs === RESTORED_MS ? 'then' : 'now'}`;
  }

  it.each(['false', 'true'])('no directories keeps existing ones unchanged (clean: %s)', async (clean) => {
    store({ name: 'a', content: 'x' }, { name: 'sub/b', content: 'x' }, { name: 'new/deep/c', content: 'x' });
    expect(await restore({ RESTORE_CLEAN: clean })).toMatchObject({ code: 0 });
    expect(directory('.')).toBe('2775 1234:5678 now');
    if (clean === 'false') expect(directory('sub')).toBe('2710 1234:5678 now');
    // Entries created in a setgid directory inherit its group.
    for (const made of ['new', 'new/deep']) expect(directory(made)).toMatch(/^2755 0:5678 now/);
  });

  it('some directories sets their modes and owners and keeps the others unchanged', async () => {
    store({ name: 'sub/', type: '5', mode: 0o750 }, { name: 'sub/b', content: 'x' });
    expect(await restore()).toMatchObject({ code: 0 });
    expect(directory('sub')).toBe('750 1000:1000 then');
    expect(directory('.')).toBe('2775 1234:5678 now');
  });

  it.each(['./', '.', './/.'])('the root as %j sets its mode and owner', async (name) => {
    store({ name, type: '5', mode: 0o711 }, { name: 'a', content: 'x' });
    expect(await restore()).toMatchObject({ code: 0 });
    expect(directory('.')).toBe('711 1000:1000 then');
    expect(directory('sub')).toBe('2710 1234:5678 now');
  });

  it('only files creates directories with the default mode regardless of the umask', async () => {
    store({ name: 'new/a', content: 'x' });
    const shell = new Tool({ through: ['/bin/sh', '-c', 'umask 077; exec "$@"', 'sh'] });
    try {
      expect(await shell.run(['restore'], world.env({ RESTORE_BACKUP_ID: ID }))).toMatchObject({ code: 0 });
    } finally {
      shell[Symbol.dispose]();
    }
    expect(directory('new')).toMatch(/^2755 /);
  });

  it('a volume given as a symlink changes the directory and keeps the symlink', async () => {
    store({ name: './', type: '5', mode: 0o711 }, { name: 'a', content: 'x' });
    symlinkSync(world.volume, world.folder.at('way'));
    expect(await restore({ BACKUP_PVC_PATH: world.folder.at('way') })).toMatchObject({ code: 0 });
    expect(directory('.')).toBe('711 1000:1000 then');
    expect(lstatSync(world.folder.at('way')).isSymbolicLink()).toBe(true);
  });

  it('the root as a symlink is rejected', async () => {
    store({ name: './', type: '2', linkName: '/etc' });
    expect(await restore()).toMatchObject({ code: 65, result: { error: expect.stringContaining('the root, which is not a directory') } });
  });
});
