import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRNO, mountFaulty } from './fuse/faults.ts';
import { storedKeys } from './tool.ts';
import { useTool } from './use-tool.ts';

// Mounting the file system requires root.
describe('a trial restore into scratch space', () => {
  const world = useTool();

  // The file system of these tests accepts changes of permissions and ignores them, like SMB.
  it.each([
    ['permissions', (path: string) => chmodSync(path, 0o400)],
    ['symlinks', (path: string) => symlinkSync(path, `${path}-linked`)],
  ])('on a file system without %s says nothing about the backup', async (ability, change) => {
    await using lacking = await mountFaulty(world.folder.folder('scratch'), world.folder.folder('backing'), [
      { op: 'symlink', errno: ERRNO.EPERM },
    ]);
    expect(lacking).toBeDefined();
    writeFileSync(`${world.volume}/file`, 'content');
    change(`${world.volume}/file`);
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    const keys = storedKeys(world.s3);
    const environment = world.env({ VERIFY_MODE: 'Restore', VERIFY_SCRATCH_PATH: world.folder.at('scratch') });
    expect(await world.tool.run(['verify'], environment)).toMatchObject({
      code: 64,
      result: { error: expect.stringMatching(new RegExp(`does not support .*${ability}.* use scratch space of another storage class`)) },
    });
    expect(storedKeys(world.s3)).toEqual(keys);
  });
});
