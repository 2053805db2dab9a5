import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { rawArchive, type RawEntry } from './tar-bytes.ts';
import { objectPath } from './tool.ts';
import { useMounts } from './use-mounts.ts';
import { useTool } from './use-tool.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c63';

// Mounting requires root.
describe('a restore onto a volume', () => {
  const world = useTool({ keepsObjects: true });
  const mount = useMounts();

  beforeAll(() => {
    mkdirSync(objectPath(world.s3, 'chat/seen'), { recursive: true });
  });
  const store = (...entries: readonly RawEntry[]) => writeFileSync(objectPath(world.s3, `chat/seen/${ID}.tar.gz`), rawArchive(...entries));
  const restore = (more: Record<string, string> = {}) => world.tool.run(['restore'], world.env({ RESTORE_BACKUP_ID: ID, ...more }));
  const restored = (path: string) => readFileSync(`${world.volume}/${path}`, 'utf8');

  it.each<readonly [string, string, string]>([
    ['of another file system', 'true', 'tmpfs'],
    ['of another file system', 'false', 'tmpfs'],
    ['of a directory of the same file system', 'true', 'bind'],
  ])('that contains a mount point %s (clean: %s) never removes its contents', async (_, clean, kind) => {
    mkdirSync(`${world.volume}/folder/mo unt`, { recursive: true });
    const source = kind === 'tmpfs' ? ['-t', 'tmpfs', 'tmpfs'] : ['--bind', world.folder.folder('elsewhere')];
    mount(...source, `${world.volume}/folder/mo unt`);
    writeFileSync(`${world.volume}/folder/mo unt/only-copy`, 'precious');
    store({ name: 'folder', content: 'a file now' }, { name: 'other', content: 'new' });
    const { code, result } = await restore({ RESTORE_CLEAN: clean });
    expect({ code, error: result.error }).toEqual({
      code: 74,
      error: expect.stringMatching('"folder" cannot be replaced because .* mounted at "folder/mo unt"; nothing was changed: unmount it'),
    });
    expect(restored('folder/mo unt/only-copy')).toBe('precious');
    expect(readdirSync(world.volume)).toEqual(['folder']);
  });

  it('with a mount point beside the restored entries succeeds', async () => {
    mkdirSync(`${world.volume}/mount`);
    mount('-t', 'tmpfs', 'tmpfs', `${world.volume}/mount`);
    writeFileSync(`${world.volume}/mount/only-copy`, 'precious');
    store({ name: 'folder/file', content: 'new' });
    expect(await restore()).toMatchObject({ code: 0, result: { warnings: [expect.stringContaining('no checksum')] } });
    expect([restored('folder/file'), restored('mount/only-copy')]).toEqual(['new', 'precious']);
  });
});
