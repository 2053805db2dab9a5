import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { storedJson, storedKeys } from './tool.ts';
import { describeTree } from './trees.ts';
import { useTool } from './use-tool.ts';

// Root without capabilities has the same permissions as an ordinary user.
describe('as an ordinary user,', () => {
  const world = useTool({ volumeName: 'volume', through: ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] });

  /** Folders without write permission at the top and below, as in a module cache. */
  function fill(state: string): void {
    mkdirSync(`${world.volume}/closed/deep`, { recursive: true });
    mkdirSync(`${world.volume}/closed/${state}`);
    writeFileSync(`${world.volume}/closed/deep/file`, state);
    writeFileSync(`${world.volume}/closed/file`, state, { mode: 0o400 });
    for (const path of ['closed/deep', `closed/${state}`, 'closed']) chmodSync(`${world.volume}/${path}`, 0o555);
  }

  it.each(['true', 'false'])('folders without write permission are restored, clean: %s', async (clean) => {
    fill('old');
    const before = describeTree(world.volume);
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    rmSync(world.volume, { recursive: true });
    mkdirSync(world.volume);
    fill('new');
    const restored = await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: clean }));
    expect(restored).toMatchObject({ code: 0, result: { warnings: [] } });
    const more = clean === 'true' ? [] : [expect.stringContaining('./closed/new | dir | 555')];
    expect(describeTree(world.volume).filter((line) => !line.startsWith('. | '))).toEqual([
      ...before.slice(1, 5),
      ...more,
      ...before.slice(5),
    ]);
  });

  it('owners that cannot be restored cause one warning, and set-id programs do not change their user', async () => {
    for (const name of ['theirs', 'program']) writeFileSync(`${world.volume}/${name}`, 'x');
    chmodSync(`${world.volume}/theirs`, 0o644);
    chownSync(`${world.volume}/program`, 1234, 1234);
    chmodSync(`${world.volume}/program`, 0o4755);
    chownSync(`${world.volume}/theirs`, 1234, 1234);
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    const { code, result } = await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }));
    expect({ code, warnings: result.warnings }).toEqual({
      code: 0,
      warnings: [expect.stringMatching(/^owners of 2 entries are not restored/)],
    });
    expect(readFileSync(`${world.volume}/theirs`, 'utf8')).toBe('x');
    expect(lstatSync(`${world.volume}/program`).mode & 0o7777).toBe(0o755);
  });

  it('a file of another owner does not remove set-id bits of other entries', async () => {
    writeFileSync(`${world.volume}/a-theirs`, 'x', { mode: 0o644 });
    chownSync(`${world.volume}/a-theirs`, 1234, 1234);
    writeFileSync(`${world.volume}/program`, 'x');
    chmodSync(`${world.volume}/program`, 0o6755);
    for (const name of ['shared', 'shared/below']) {
      mkdirSync(`${world.volume}/${name}`);
      chmodSync(`${world.volume}/${name}`, 0o2775);
    }
    // As in a volume with an fsGroup: owned by another user, in the group of the process.
    mkdirSync(`${world.volume}/grouped`);
    chownSync(`${world.volume}/grouped`, 1234, 0);
    chmodSync(`${world.volume}/grouped`, 0o2775);
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    const { code, result } = await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }));
    expect({ code, warnings: result.warnings }).toEqual({
      code: 0,
      warnings: [expect.stringMatching(/^owners of 2 entries are not restored/)],
    });
    const modes = ['program', 'shared', 'shared/below', 'grouped'].map((name) =>
      (lstatSync(`${world.volume}/${name}`).mode & 0o7777).toString(8),
    );
    expect(modes).toEqual(['6755', '2775', '2775', '2775']);
  });

  it('owners that are already correct cause no warning', async () => {
    writeFileSync(`${world.volume}/ours`, 'x');
    mkdirSync(`${world.volume}/shared`);
    chmodSync(`${world.volume}/shared`, 0o2775);
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    expect(await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }))).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(lstatSync(`${world.volume}/shared`).mode & 0o7777).toBe(0o2775);
  });

  it('unreadable files and directories are listed, all others are backed up, and old backups are kept', async () => {
    writeFileSync(`${world.volume}/good`, 'x');
    const first = await world.tool.run(['backup'], world.env());
    mkdirSync(`${world.volume}/closed`);
    writeFileSync(`${world.volume}/closed/below`, 'x');
    mkdirSync(`${world.volume}/listed`);
    writeFileSync(`${world.volume}/listed/below`, 'x');
    writeFileSync(`${world.volume}/secret`, 'x');
    chmodSync(`${world.volume}/closed`, 0o300);
    chmodSync(`${world.volume}/listed`, 0o600);
    chmodSync(`${world.volume}/secret`, 0);
    const { code, result, stderr } = await world.tool.run(['backup'], world.env({ BACKUP_KEEP_LAST: '1' }));
    expect(code, stderr).toBe(78);
    expect(result).toMatchObject({ leftOut: 3, files: 4, key: `chat/seen/${result.id}.tar.gz` });
    expect(result.warnings).toEqual([
      '3 entries could not be read: the backup is incomplete, so older backups are not pruned',
      'closed could not be read (EACCES): its contents are left out',
      'listed/below could not be read (EACCES): it is left out',
      'secret could not be read (EACCES) and is left out',
      'this backup does not count as good and does not replace others: 3 entries could not be read',
    ]);
    expect(storedKeys(world.s3)).toHaveLength(4);
    expect(storedJson(world.s3, `chat/seen/${result.id}.json`)).toMatchObject({ leftOut: 3, warnings: result.warnings.slice(0, -1) });
    expect(await world.tool.run(['verify'], world.env({ RESTORE_BACKUP_ID: result.id }))).toMatchObject({ code: 0 });
    expect(await world.tool.run(['verify'], world.env({ RESTORE_BACKUP_ID: first.result.id }))).toMatchObject({ code: 0 });
  });

  it('an unreadable volume fails the backup', async () => {
    writeFileSync(`${world.volume}/file`, 'x');
    chmodSync(world.volume, 0o300);
    const { code, result } = await world.tool.run(['backup'], world.env());
    chmodSync(world.volume, 0o755);
    expect({ code, error: result.error }).toEqual({ code: 1, error: expect.stringContaining('EACCES') });
    expect(storedKeys(world.s3)).toEqual([]);
  });

  it('a read-only volume is left unchanged', async () => {
    writeFileSync(`${world.volume}/file`, 'backed up');
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    writeFileSync(`${world.volume}/file`, 'live');
    chmodSync(world.volume, 0o555);
    const { code, result } = await world.tool.run(['restore'], world.env());
    chmodSync(world.volume, 0o755);
    expect({ code, error: result.error }).toEqual({ code: 1, error: expect.stringContaining('EACCES') });
    expect(readFileSync(`${world.volume}/file`, 'utf8')).toBe('live');
  });
});
