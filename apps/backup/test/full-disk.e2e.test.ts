import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectPath, storedJson } from './tool.ts';
import { describeTree } from './trees.ts';
import { useTool } from './use-tool.ts';

const MEBIBYTE = 1024 * 1024;

// Mounting small file systems requires root.
describe('on a volume of 20 MiB', () => {
  const world = useTool({ volumeName: 'volume' });

  beforeEach(() => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', world.volume]);
    mkdirSync(`${world.volume}/folder`);
    writeFileSync(`${world.volume}/data`, randomBytes(12 * MEBIBYTE));
    writeFileSync(`${world.volume}/folder/kept`, 'kept');
  });
  afterEach(() => {
    execFileSync('umount', [world.volume]);
  });

  const tree = () => describeTree(world.volume).slice(1);

  /** Backs up a folder outside the volume, with a file of `bytes` bytes that the volume contains too. */
  async function backedUp(bytes: number): Promise<{ readonly key: string; readonly data: Buffer }> {
    const source = world.folder.folder('source');
    const data = randomBytes(bytes);
    writeFileSync(`${source}/data`, data);
    mkdirSync(`${source}/folder`);
    writeFileSync(`${source}/folder/new`, 'new');
    const { code, result } = await world.tool.run(['backup'], world.env({ BACKUP_PVC_PATH: source }));
    expect(code).toBe(0);
    return { key: result.key, data };
  }

  it('a restore without room for both old and new data reports how much is missing and how to proceed, and changes nothing', async () => {
    const before = tree();
    await backedUp(11 * MEBIBYTE);
    const { code, result } = await world.tool.run(['restore'], world.env());
    expect(code).toBe(74);
    expect(result.error).toMatch(/ [34]\d{6} bytes are missing; enlarge the volume, or set RESTORE_IN_PLACE=true /);
    expect(tree()).toEqual(before);
  });

  it.each(['true', 'false'])('a restore in place, clean: %s, uses the room of the data it replaces', async (clean) => {
    const { data } = await backedUp(17 * MEBIBYTE);
    const restored = await world.tool.run(['restore'], world.env({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: clean }));
    expect(restored).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(readFileSync(`${world.volume}/data`).equals(data)).toBe(true);
    expect(readFileSync(`${world.volume}/folder/new`, 'utf8')).toBe('new');
    expect(existsSync(`${world.volume}/folder/kept`)).toBe(clean === 'false');
  });

  it('a restore in place of a damaged archive changes nothing', async () => {
    const before = tree();
    const { key } = await backedUp(17 * MEBIBYTE);
    const archive = readFileSync(objectPath(world.s3, key));
    const middle = Math.floor(archive.length / 2);
    archive[middle] = (archive[middle] ?? 0) ^ 1;
    writeFileSync(objectPath(world.s3, key), archive);
    expect((await world.tool.run(['restore'], world.env({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: 'true' }))).code).toBe(65);
    expect(tree()).toEqual(before);
  });

  it('a restore in place of more data than the volume can hold changes nothing', async () => {
    const before = tree();
    await backedUp(25 * MEBIBYTE);
    const { code, result } = await world.tool.run(['restore'], world.env({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: 'true' }));
    expect({ code, error: result.error }).toEqual({
      code: 74,
      error: expect.stringMatching(/even without the data that it replaces: \d{7} bytes are missing; nothing was changed/),
    });
    expect(tree()).toEqual(before);
  });

  it('a restore in place removes nothing behind a symlink', async () => {
    await backedUp(17 * MEBIBYTE);
    const outside = world.folder.folder('outside');
    writeFileSync(`${outside}/new`, 'untouched');
    rmSync(`${world.volume}/folder`, { recursive: true });
    symlinkSync(outside, `${world.volume}/folder`);
    expect((await world.tool.run(['restore'], world.env({ RESTORE_IN_PLACE: 'true' }))).code).toBe(0);
    expect(readFileSync(`${outside}/new`, 'utf8')).toBe('untouched');
    expect(readFileSync(`${world.volume}/folder/new`, 'utf8')).toBe('new');
  });

  it.each(['no sidecar exists', 'the sidecar states too little'])('a disk that becomes full because %s keeps the old data', async (why) => {
    const before = tree();
    const { key } = await backedUp(11 * MEBIBYTE);
    const sidecar = key.replace('.tar.gz', '.json');
    const path = objectPath(world.s3, sidecar);
    if (why.startsWith('no ')) rmSync(path);
    else writeFileSync(path, JSON.stringify({ ...storedJson(world.s3, sidecar), allocatedBytes: 1 }));
    const { code, result } = await world.tool.run(['restore'], world.env());
    expect({ code, error: result.error }).toEqual({ code: 74, error: expect.stringContaining('RESTORE_IN_PLACE=true') });
    expect(tree()).toEqual(before);
  });

  it('a backup without room for copies of databases archives their files as is, with a warning', async () => {
    const database = new DatabaseSync(`${world.volume}/seen.db`);
    database.exec('CREATE TABLE t (content); INSERT INTO t VALUES (randomblob(5000000))');
    database.close();
    const { code, result } = await world.tool.run(['backup'], world.env({ TMPDIR: world.volume }));
    expect({ code, warnings: result.warnings }).toEqual({
      code: 0,
      warnings: [expect.stringContaining('seen.db'), expect.stringContaining('does not count as good')],
    });
  });
});
