import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ERRNO, mountFaulty } from './fuse/faults.ts';
import { BUCKET, jobEnvironment, objectPath, storedKeys, Tool } from './tool.ts';
import { TemporaryFolder } from './trees.ts';

// Mounting the file system requires root.
describe('a trial restore into scratch space', () => {
  let s3: S3Server;
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    tool = new Tool();
  });
  afterAll(async () => {
    tool?.[Symbol.dispose]();
    await s3?.stop();
  });
  beforeEach(() => {
    rmSync(objectPath(s3, ''), { recursive: true, force: true });
    mkdirSync(objectPath(s3, ''));
    folder = new TemporaryFolder();
    volume = folder.folder('data');
  });
  afterEach(() => folder[Symbol.dispose]());

  // The file system of these tests accepts changes of permissions and ignores them, like SMB.
  it.each([
    ['permissions', (path: string) => chmodSync(path, 0o400)],
    ['symlinks', (path: string) => symlinkSync(path, `${path}-linked`)],
  ])('on a file system without %s says nothing about the backup', async (ability, change) => {
    await using lacking = await mountFaulty(folder.folder('scratch'), folder.folder('backing'), [{ op: 'symlink', errno: ERRNO.EPERM }]);
    expect(lacking).toBeDefined();
    writeFileSync(`${volume}/file`, 'content');
    change(`${volume}/file`);
    expect((await tool.run(['backup'], jobEnvironment(s3, volume))).code).toBe(0);
    const keys = storedKeys(s3);
    const environment = jobEnvironment(s3, volume, { VERIFY_MODE: 'Restore', VERIFY_SCRATCH_PATH: folder.at('scratch') });
    expect(await tool.run(['verify'], environment)).toMatchObject({
      code: 64,
      result: { error: expect.stringMatching(new RegExp(`does not support .*${ability}.* use scratch space of another storage class`)) },
    });
    expect(storedKeys(s3)).toEqual(keys);
  });
});
