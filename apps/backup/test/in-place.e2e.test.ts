import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { eventually, startFaultProxy, type Fault, type FaultProxy } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobEnvironment, storedJson, storedKeys, Tool } from './tool.ts';
import { describeTree } from './trees.ts';
import { useTool } from './use-tool.ts';

const MEBIBYTE = 1024 * 1024;
const UNFINISHED = '.eevee-restore-unfinished';

// Mounting file systems requires root.
describe('a restore in place', () => {
  const world = useTool({ volumeName: 'volume' });
  const cleanup: (() => void)[] = [];

  function mount(path: string, size: string): void {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
    cleanup.push(() => void execFileSync('umount', [path]));
  }
  beforeEach(() => mount(world.volume, '20m'));
  afterEach(() => {
    for (const act of cleanup.splice(0).toReversed()) act();
  });
  const tree = () => describeTree(world.volume).slice(1);
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(world.volume);
    return bavail * bsize;
  };

  /** Fills the volume and backs it up. */
  async function backedUp(): Promise<string> {
    writeFileSync(`${world.volume}/large`, randomBytes(12 * MEBIBYTE));
    mkdirSync(`${world.volume}/folder`, { recursive: true });
    writeFileSync(`${world.volume}/folder/small`, 'small');
    const { code, result } = await world.tool.run(['backup'], world.env());
    expect(code).toBe(0);
    return result.id;
  }
  const inPlace = (clean: string) => world.env({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: clean });

  it.each<readonly [string, (path: string) => void, string]>([
    ['a mount point', (path) => mount(path, '1m'), '"folder" is a mount point'],
    [
      'an immutable file',
      (path) => {
        execFileSync('chattr', ['+i', `${path}/small`]);
        cleanup.push(() => void execFileSync('chattr', ['-i', `${path}/small`]));
      },
      '"folder/small" is immutable',
    ],
    [
      'an append-only directory',
      (path) => {
        execFileSync('chattr', ['+a', path]);
        cleanup.push(() => void execFileSync('chattr', ['-a', path]));
      },
      '"folder" is append-only',
    ],
  ])('over %s that cannot be replaced changes nothing', async (_, fix, obstacle) => {
    await backedUp();
    fix(`${world.volume}/folder`);
    const before = tree();
    for (const clean of ['true', 'false']) {
      const { code, result } = await world.tool.run(['restore'], inPlace(clean));
      expect({ code, error: result.error }).toEqual({
        code: 74,
        error: `old data cannot be removed to make room because ${obstacle}; nothing was changed`,
      });
      expect(tree()).toEqual(before);
    }
  });

  it('over a directory of another user, without root, changes nothing', async () => {
    await backedUp();
    chownSync(`${world.volume}/folder`, 1234, 1234);
    const before = tree();
    using user = new Tool({ through: ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] });
    const { code, result } = await user.run(['restore'], inPlace('true'));
    expect({ code, error: result.error }).toEqual({ code: 74, error: expect.stringContaining('because "folder" is not writable') });
    expect(tree()).toEqual(before);
  });

  it('whose journal does not fit on the disk changes nothing', async () => {
    const directory = Array.from({ length: 15 }, () => 'd'.repeat(250)).join('/');
    const source = world.folder.folder('source');
    for (const root of [source, world.volume]) {
      mkdirSync(`${root}/${directory}`, { recursive: true });
      process.chdir(`${root}/${directory}`);
      for (let index = 0; index < 1500; index++) writeFileSync(String(index), 'content');
      process.chdir('/');
    }
    expect((await world.tool.run(['backup'], world.env({ BACKUP_PVC_PATH: source }))).code).toBe(0);
    writeFileSync(`${world.volume}/kept`, Buffer.alloc(freeBytes() - 1.5 * MEBIBYTE, 'x'));
    const before = tree();
    const { code, result } = await world.tool.run(['restore'], inPlace('false'));
    expect({ code, error: result.error }).toEqual({ code: 74, error: expect.stringMatching(/bytes are missing; nothing was changed/) });
    expect(tree()).toEqual(before);
  });

  /** An environment in which every download of the archive except the first has a fault. */
  function throughProxy(proxy: FaultProxy, fault: Fault): Record<string, string> {
    let downloads = 0;
    proxy.add({ fault, strikes: ({ method, url }) => method === 'GET' && url.includes('.tar.gz') && ++downloads > 1, times: 100 });
    const { credentials } = world.s3;
    return jobEnvironment({ endpoint: proxy.endpoint, credentials }, world.volume, { RESTORE_IN_PLACE: 'true' });
  }

  it('that is terminated after it removed old data reports that', async () => {
    await backedUp();
    await using proxy = await startFaultProxy(world.s3.port);
    const { process, ended } = world.tool.start(['restore'], throughProxy(proxy, { kind: 'stall', afterBytes: MEBIBYTE }));
    await eventually(() => readdirSync(world.volume).includes(UNFINISHED), { what: 'the removal of old data' });
    process.kill('SIGTERM');
    expect(await ended).toMatchObject({
      code: 143,
      result: { error: expect.stringMatching(/^terminated by SIGTERM; the old data was removed to make room/) },
    });
  });

  it('protects the backup from retention from before it removes old data until a restore succeeds', async () => {
    const wanted = await backedUp();
    const { result: newer } = await world.tool.run(['backup'], world.env());
    const prune = () => world.tool.run(['prune', '--keep-last', '1'], world.env());
    const byId = { RESTORE_BACKUP_ID: wanted };
    await using proxy = await startFaultProxy(world.s3.port);
    const { process, ended } = world.tool.start(['restore'], { ...throughProxy(proxy, { kind: 'stall', afterBytes: MEBIBYTE }), ...byId });
    await eventually(() => readdirSync(world.volume).includes(UNFINISHED), { what: 'the removal of old data' });
    expect((await prune()).result).toMatchObject({ kept: expect.arrayContaining([wanted]), removed: [] });
    process.kill('SIGKILL');
    await ended;
    expect((await prune()).result['removed']).toEqual([]);

    expect(await world.tool.run(['restore'], { ...inPlace('true'), ...byId })).toMatchObject({
      code: 0,
      result: { id: wanted, warnings: [] },
    });
    expect((await prune()).result).toMatchObject({ kept: [newer.id], removed: [wanted] });
    expect(storedKeys(world.s3)).toEqual([`${newer.id}.json`, `${newer.id}.tar.gz`]);
  });

  it('ends the protection of a backup when another one is restored after it failed', async () => {
    const failing = await backedUp();
    const { result: newer } = await world.tool.run(['backup'], world.env());
    await using proxy = await startFaultProxy(world.s3.port);
    const failed = await world.tool.run(['restore'], {
      ...throughProxy(proxy, { kind: 'answer', status: 403 }),
      RESTORE_BACKUP_ID: failing,
    });
    expect(failed.result.error).toContain('the old data was removed to make room');
    expect(storedKeys(world.s3)).toContain(`${failing}.restoring.json`);

    expect((await world.tool.run(['restore'], { ...inPlace('true'), RESTORE_BACKUP_ID: newer.id })).code).toBe(0);
    expect(storedKeys(world.s3)).not.toContain(`${failing}.restoring.json`);
    const { result } = await world.tool.run(['prune', '--keep-last', '1'], world.env());
    expect(result).toMatchObject({ kept: [newer.id], removed: [failing] });
  });

  it('changes nothing when the backup was removed while the archive was checked', async () => {
    const id = await backedUp();
    const before = tree();
    await using proxy = await startFaultProxy(world.s3.port);
    const isWrite = (method: string, url: string) => method === 'PUT' && url.includes('.restoring.json');
    proxy.add({ fault: { kind: 'answer', status: 403 }, strikes: ({ method, url }) => isWrite(method, url) });
    proxy.add({ fault: { kind: 'answer', status: 404 }, strikes: ({ method, url }) => method === 'HEAD' && url.includes('.tar.gz') });
    const env = jobEnvironment({ endpoint: proxy.endpoint, credentials: world.s3.credentials }, world.volume, { RESTORE_IN_PLACE: 'true' });
    const { code, result } = await world.tool.run(['restore'], env);
    expect({ code, error: result.error }).toEqual({
      code: 66,
      error: expect.stringMatching(`${id}.* was removed .*; nothing was changed`),
    });
    expect(tree()).toEqual(before);
  });

  it('that fails after it removed old data never lets a backup of the rest replace a good one', async () => {
    const good = await backedUp();
    writeFileSync(`${world.volume}/rest`, randomBytes(2 * MEBIBYTE));
    await using proxy = await startFaultProxy(world.s3.port);
    const failed = await world.tool.run(['restore'], throughProxy(proxy, { kind: 'answer', status: 403 }));
    expect(failed).toMatchObject({ code: 77, result: { error: expect.stringContaining('the old data was removed to make room') } });
    expect(readdirSync(world.volume).toSorted()).toEqual([UNFINISHED, 'folder', 'rest']);

    const doubt = 'it was made while a restore of the volume was unfinished';
    const made = await world.tool.run(['backup'], world.env({ BACKUP_KEEP_LAST: '1' }));
    expect(made).toMatchObject({ code: 0, result: { doubt, warnings: [expect.stringContaining('did not finish'), expect.anything()] } });
    expect(storedJson(world.s3, `chat/seen/${made.result.id}.json`)).toMatchObject({ unfinishedRestore: true, files: 3 });

    const again = await world.tool.run(['restore'], inPlace('false'));
    expect(again).toMatchObject({
      code: 0,
      result: { id: good, warnings: [expect.stringMatching(`${made.result.id}.*passed over: ${doubt}`)] },
    });
    expect(readFileSync(`${world.volume}/large`).length).toBe(12 * MEBIBYTE);
    expect(existsSync(`${world.volume}/${UNFINISHED}`)).toBe(false);
    const next = await world.tool.run(['backup'], world.env({ BACKUP_KEEP_LAST: '1' }));
    expect(next.result).toMatchObject({ warnings: [] });
    expect(next.result['doubt']).toBeUndefined();
  });
});
