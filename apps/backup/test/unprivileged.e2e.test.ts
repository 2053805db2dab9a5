import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, jobEnvironment, objectPath, storedJson, storedKeys, Tool } from './tool.ts';
import { describeTree, TemporaryFolder } from './trees.ts';

// Root without capabilities has the same permissions as an ordinary user.
describe('as an ordinary user,', () => {
  let s3: S3Server;
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;
  const env = (more: Record<string, string> = {}) => jobEnvironment(s3, volume, more);

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    tool = new Tool({ through: ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] });
  });
  afterAll(async () => {
    tool?.[Symbol.dispose]();
    await s3?.stop();
  });
  beforeEach(() => {
    rmSync(objectPath(s3, 'chat'), { recursive: true, force: true });
    folder = new TemporaryFolder();
    volume = folder.folder('volume');
  });
  afterEach(() => folder[Symbol.dispose]());

  /** Folders without write permission at the top and below, as in a module cache. */
  function fill(state: string): void {
    mkdirSync(`${volume}/closed/deep`, { recursive: true });
    mkdirSync(`${volume}/closed/${state}`);
    writeFileSync(`${volume}/closed/deep/file`, state);
    writeFileSync(`${volume}/closed/file`, state, { mode: 0o400 });
    for (const path of ['closed/deep', `closed/${state}`, 'closed']) chmodSync(`${volume}/${path}`, 0o555);
  }

  it.each(['true', 'false'])('folders without write permission are restored, clean: %s', async (clean) => {
    fill('old');
    const before = describeTree(volume);
    expect((await tool.run(['backup'], env())).code).toBe(0);
    rmSync(volume, { recursive: true });
    mkdirSync(volume);
    fill('new');
    const restored = await tool.run(['restore'], env({ RESTORE_CLEAN: clean }));
    expect(restored).toMatchObject({ code: 0, result: { warnings: [] } });
    const more = clean === 'true' ? [] : [expect.stringContaining('./closed/new | dir | 555')];
    expect(describeTree(volume).filter((line) => !line.startsWith('. | '))).toEqual([...before.slice(1, 5), ...more, ...before.slice(5)]);
  });

  it('owners that cannot be restored cause one warning, and set-id programs do not change their user', async () => {
    for (const name of ['theirs', 'program']) writeFileSync(`${volume}/${name}`, 'x');
    chmodSync(`${volume}/theirs`, 0o644);
    chownSync(`${volume}/program`, 1234, 1234);
    chmodSync(`${volume}/program`, 0o4755);
    chownSync(`${volume}/theirs`, 1234, 1234);
    expect((await tool.run(['backup'], env())).code).toBe(0);
    const { code, result } = await tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }));
    expect({ code, warnings: result.warnings }).toEqual({
      code: 0,
      warnings: [expect.stringMatching(/^owners of 2 entries are not restored/)],
    });
    expect(readFileSync(`${volume}/theirs`, 'utf8')).toBe('x');
    expect(lstatSync(`${volume}/program`).mode & 0o7777).toBe(0o755);
  });

  it('a file of another owner does not remove set-id bits of other entries', async () => {
    writeFileSync(`${volume}/a-theirs`, 'x', { mode: 0o644 });
    chownSync(`${volume}/a-theirs`, 1234, 1234);
    writeFileSync(`${volume}/program`, 'x');
    chmodSync(`${volume}/program`, 0o6755);
    for (const name of ['shared', 'shared/below']) {
      mkdirSync(`${volume}/${name}`);
      chmodSync(`${volume}/${name}`, 0o2775);
    }
    // As in a volume with an fsGroup: owned by another user, in the group of the process.
    mkdirSync(`${volume}/grouped`);
    chownSync(`${volume}/grouped`, 1234, 0);
    chmodSync(`${volume}/grouped`, 0o2775);
    expect((await tool.run(['backup'], env())).code).toBe(0);
    const { code, result } = await tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }));
    expect({ code, warnings: result.warnings }).toEqual({
      code: 0,
      warnings: [expect.stringMatching(/^owners of 2 entries are not restored/)],
    });
    const modes = ['program', 'shared', 'shared/below', 'grouped'].map((name) =>
      (lstatSync(`${volume}/${name}`).mode & 0o7777).toString(8),
    );
    expect(modes).toEqual(['6755', '2775', '2775', '2775']);
  });

  it('owners that are already correct cause no warning', async () => {
    writeFileSync(`${volume}/ours`, 'x');
    mkdirSync(`${volume}/shared`);
    chmodSync(`${volume}/shared`, 0o2775);
    expect((await tool.run(['backup'], env())).code).toBe(0);
    expect(await tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }))).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(lstatSync(`${volume}/shared`).mode & 0o7777).toBe(0o2775);
  });

  it('unreadable files and directories are listed, all others are backed up, and old backups are kept', async () => {
    writeFileSync(`${volume}/good`, 'x');
    const first = await tool.run(['backup'], env());
    mkdirSync(`${volume}/closed`);
    writeFileSync(`${volume}/closed/below`, 'x');
    mkdirSync(`${volume}/listed`);
    writeFileSync(`${volume}/listed/below`, 'x');
    writeFileSync(`${volume}/secret`, 'x');
    chmodSync(`${volume}/closed`, 0o300);
    chmodSync(`${volume}/listed`, 0o600);
    chmodSync(`${volume}/secret`, 0);
    const { code, result, stderr } = await tool.run(['backup'], env({ BACKUP_KEEP_LAST: '1' }));
    expect(code, stderr).toBe(78);
    expect(result).toMatchObject({ leftOut: 3, files: 4, key: `chat/seen/${result.id}.tar.gz` });
    expect(result.warnings).toEqual([
      '3 entries could not be read: the backup is incomplete, so older backups are not pruned',
      'closed could not be read (EACCES): its contents are left out',
      'listed/below could not be read (EACCES): it is left out',
      'secret could not be read (EACCES) and is left out',
      'this backup does not count as good and replaces no other: 3 entries could not be read',
    ]);
    expect(storedKeys(s3)).toHaveLength(4);
    expect(storedJson(s3, `chat/seen/${result.id}.json`)).toMatchObject({ leftOut: 3, warnings: result.warnings.slice(0, -1) });
    expect(await tool.run(['verify'], env({ RESTORE_BACKUP_ID: result.id }))).toMatchObject({ code: 0 });
    expect(await tool.run(['verify'], env({ RESTORE_BACKUP_ID: first.result.id }))).toMatchObject({ code: 0 });
  });

  it('an unreadable volume fails the backup', async () => {
    writeFileSync(`${volume}/file`, 'x');
    chmodSync(volume, 0o300);
    const { code, result } = await tool.run(['backup'], env());
    chmodSync(volume, 0o755);
    expect({ code, error: result.error }).toEqual({ code: 1, error: expect.stringContaining('EACCES') });
    expect(storedKeys(s3)).toEqual([]);
  });

  it('a read-only volume is left unchanged', async () => {
    writeFileSync(`${volume}/file`, 'backed up');
    expect((await tool.run(['backup'], env())).code).toBe(0);
    writeFileSync(`${volume}/file`, 'live');
    chmodSync(volume, 0o555);
    const { code, result } = await tool.run(['restore'], env());
    chmodSync(volume, 0o755);
    expect({ code, error: result.error }).toEqual({ code: 1, error: expect.stringContaining('EACCES') });
    expect(readFileSync(`${volume}/file`, 'utf8')).toBe('live');
  });
});
