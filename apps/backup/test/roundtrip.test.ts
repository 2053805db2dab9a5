import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, jobEnvironment, objectPath, storedJson, storedKeys, Tool } from './tool.ts';
import { describeTree, fillTree, TemporaryFolder } from './trees.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a backup', () => {
  let s3: S3Server;
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;
  const env = (more: Record<string, string> = {}) => jobEnvironment(s3, volume, more);

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
    folder?.[Symbol.dispose]();
    folder = new TemporaryFolder();
    volume = folder.folder('data');
  });
  afterAll(() => folder?.[Symbol.dispose]());

  it('is restored unchanged', async () => {
    fillTree(volume);
    const before = describeTree(volume);
    const made = await tool.run(['backup'], env());
    expect(made).toMatchObject({ code: 0, result: { id: expect.stringMatching(UUID), warnings: [], files: before.length } });
    expect(made.result.key).toBe(`chat/seen/${made.result.id}.tar.gz`);
    expect(storedKeys(s3)).toEqual([`${made.result.id}.json`, `${made.result.id}.tar.gz`]);

    rmSync(volume, { recursive: true });
    mkdirSync(volume);
    const restored = await tool.run(['restore'], env({ RESTORE_BACKUP_ID: made.result.id, RESTORE_CLEAN: 'true' }));
    expect(restored).toMatchObject({
      code: 0,
      result: { id: made.result.id, key: made.result.key, sha256: made.result['sha256'], warnings: [] },
    });
    expect(describeTree(volume)).toEqual(before);
  });

  it('of a symlink to the volume is restored elsewhere and through the symlink', async () => {
    fillTree(volume);
    const before = describeTree(volume);
    symlinkSync('data', folder.at('mount'));
    const linked = env({ BACKUP_PVC_PATH: folder.at('mount') });
    expect((await tool.run(['backup'], linked)).code).toBe(0);
    const elsewhere = folder.folder('elsewhere');
    expect((await tool.run(['restore', '--path', elsewhere], env({ RESTORE_CLEAN: 'true' }))).code).toBe(0);
    expect(describeTree(elsewhere)).toEqual(before);
    writeFileSync(`${volume}/plain.txt`, 'changed');
    expect(await tool.run(['restore'], { ...linked, RESTORE_CLEAN: 'true' })).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(describeTree(volume)).toEqual(before);
    expect(readlinkSync(folder.at('mount'))).toBe('data');
  });

  it('of a directory with a time in the far future is restored over itself', async () => {
    mkdirSync(`${volume}/directory`);
    writeFileSync(`${volume}/directory/file`, 'content');
    // The end of the year 9999, which some programs use for "never".
    execFileSync('touch', ['--date', '@253402300799', `${volume}/directory`]);
    const before = describeTree(volume);
    expect((await tool.run(['backup'], env())).code).toBe(0);
    expect(await tool.run(['restore'], env())).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(describeTree(volume)).toEqual(before);
  });

  it('compressed with zstd is restored unchanged', async () => {
    fillTree(volume);
    const before = describeTree(volume);
    const made = await tool.run(['backup'], env({ BACKUP_COMPRESSION: 'zstd' }));
    expect(made.result.key).toMatch(/\.tar\.zst$/);
    expect((await tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }))).code).toBe(0);
    expect(describeTree(volume)).toEqual(before);
  });

  it('with paths of 4,000 bytes is restored unchanged, also over existing data', async () => {
    const names = Array.from({ length: 20 }, (_, index) => String(index).padStart(199, 'd'));
    const deep = 'for part in "$@"; do mkdir -p "$part"; cd "$part" || exit 1; done';
    // From within, because the kernel limits the length of a path.
    const inside = (command: string) =>
      execFileSync('sh', ['-c', `${deep}; ${command}`, 'sh', ...names], { cwd: volume, encoding: 'utf8' }).trim();
    inside('echo old > file');
    expect((await tool.run(['backup'], env())).code).toBe(0);
    for (const clean of ['true', 'false']) {
      inside('echo new > file; echo more > more');
      expect(await tool.run(['restore'], env({ RESTORE_CLEAN: clean }))).toMatchObject({ code: 0, result: { warnings: [] } });
      expect(inside('cat file; ls')).toBe(clean === 'true' ? 'old\nfile' : 'old\nfile\nmore');
      expect(existsSync(`${volume}/.eevee-restore`)).toBe(false);
    }
  });

  it('writes a sidecar that describes the archive', async () => {
    writeFileSync(`${volume}/a`, 'hello');
    const { result } = await tool.run(['backup'], env({ S3_PREFIX: '/team//' }));
    expect(storedJson(s3, `team/chat/seen/${result.id}.json`)).toEqual({
      version: 1,
      sha256: execFileSync('sha256sum', [objectPath(s3, `team/chat/seen/${result.id}.tar.gz`)], { encoding: 'utf8' }).slice(0, 64),
      sizeBytes: readFileSync(objectPath(s3, `team/chat/seen/${result.id}.tar.gz`)).length,
      uncompressedBytes: 5,
      allocatedBytes: 5,
      files: 2,
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      durationSeconds: expect.any(Number),
      warnings: [],
      tool: expect.stringMatching(/^eevee-backup \d/),
      treeDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('restored clean removes all other files including dotfiles, and otherwise keeps them', async () => {
    mkdirSync(`${volume}/folder`);
    writeFileSync(`${volume}/folder/kept`, 'old');
    writeFileSync(`${volume}/same`, 'old');
    await tool.run(['backup'], env());
    const before = describeTree(volume);
    const change = () => {
      writeFileSync(`${volume}/folder/kept`, 'new');
      writeFileSync(`${volume}/folder/more`, 'more');
      writeFileSync(`${volume}/.hidden`, 'x');
      rmSync(`${volume}/same`);
      mkdirSync(`${volume}/same`);
      writeFileSync(`${volume}/same/inside`, 'a folder in the place of a file');
      mkdirSync(`${volume}/lost+found`, { recursive: true });
    };
    change();
    expect((await tool.run(['restore'], env())).code).toBe(0);
    expect(readFileSync(`${volume}/folder/kept`, 'utf8')).toBe('old');
    expect(readFileSync(`${volume}/same`, 'utf8')).toBe('old');
    expect(existsSync(`${volume}/folder/more`)).toBe(true);
    expect(existsSync(`${volume}/.hidden`)).toBe(true);

    change();
    expect((await tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }))).code).toBe(0);
    expect(existsSync(`${volume}/lost+found`)).toBe(true);
    rmSync(`${volume}/lost+found`, { recursive: true });
    execFileSync('touch', ['-r', volume, volume]);
    expect(describeTree(volume).slice(1)).toEqual(before.slice(1));
  });

  it('of a SQLite database with two names removes stale companions of both', async () => {
    const database = new DatabaseSync(`${volume}/a.db`);
    database.exec('CREATE TABLE t (n)');
    database.close();
    linkSync(`${volume}/a.db`, `${volume}/b.db`);
    expect((await tool.run(['backup'], env())).code).toBe(0);
    for (const name of ['a.db-wal', 'b.db-wal', 'b.db-journal']) writeFileSync(`${volume}/${name}`, 'of another state');
    expect((await tool.run(['restore'], env())).code).toBe(0);
    expect(readdirSync(volume).toSorted()).toEqual(['a.db', 'b.db']);
  });

  it('of a SQLite database in use is consistent, and restoring it removes stale companions', async () => {
    const database = new DatabaseSync(`${volume}/seen.db`);
    database.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (n); INSERT INTO t VALUES (1)');
    const made = await tool.run(['backup'], env());
    expect(made.result).toMatchObject({ warnings: [], files: 2 });
    database.exec('INSERT INTO t VALUES (2)');
    expect(existsSync(`${volume}/seen.db-wal`)).toBe(true);

    expect((await tool.run(['restore'], env())).code).toBe(0);
    database.close();
    rmSync(`${volume}/seen.db-wal`, { force: true });
    const restored = new DatabaseSync(`${volume}/seen.db`);
    expect(restored.prepare('SELECT n FROM t').all()).toEqual([{ n: 1 }]);
    expect(restored.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    restored.close();
  });

  it('made with tar and s3cmd as in earlier releases is restored with a warning, also from their location', async () => {
    fillTree(volume);
    // GNU tar archives a FIFO with two names as two FIFOs.
    rmSync(`${volume}/fifo-linked`);
    const before = describeTree(volume);
    const id = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
    mkdirSync(objectPath(s3, 'teamchat/seen'), { recursive: true });
    execFileSync('tar', ['-czf', objectPath(s3, `teamchat/seen/${id}.tar.gz`), '-C', volume, '.']);
    const restored = await tool.run(['restore'], env({ S3_PREFIX: 'team', RESTORE_BACKUP_ID: 'latest', RESTORE_CLEAN: 'true' }));
    expect(restored).toMatchObject({ code: 0, result: { id, warnings: [expect.stringContaining('unverified')] } });
    // GNU tar's own format has whole seconds only.
    const inSeconds = (lines: readonly string[]) => lines.map((line) => line.replace(/ \| (-?\d+)\d{9} \| /, ' | $1 | '));
    expect(inSeconds(describeTree(volume)).filter((line) => !line.startsWith('./empty'))).toEqual(
      inSeconds(before).filter((line) => !line.startsWith('./empty')),
    );
  });

  it('is listed and verified, and old ones are pruned', async () => {
    writeFileSync(`${volume}/a`, 'x');
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { id, key } = (await tool.run(['backup'], env())).result;
      // The server's times have a resolution of a second.
      execFileSync('touch', ['-d', `2020-01-0${count + 1}`, objectPath(s3, key)]);
      ids.unshift(id);
    }
    const listed = await tool.run(['list'], env());
    expect(listed.result['backups']).toEqual(ids.map((id) => expect.objectContaining({ id, verifiable: true })));
    expect(await tool.run(['verify'], env())).toMatchObject({ code: 0, result: { id: ids[0], files: 2, uncompressedBytes: 1 } });

    const dry = await tool.run(['prune', '--keep-last', '1', '--dry-run'], env());
    expect(dry.result).toMatchObject({ dryRun: true, kept: [ids[0]], removed: [ids[2], ids[1]] });
    // Three archives, their sidecars, and the record of the verification.
    expect(storedKeys(s3)).toHaveLength(7);
    expect((await tool.run(['prune', '--keep-last', '1'], env())).code).toBe(0);
    const verified = ['json', 'tar.gz', 'verified.json'].map((ending) => `${ids[0]}.${ending}`);
    expect(storedKeys(s3)).toEqual(verified);

    const next = await tool.run(['backup'], env({ BACKUP_KEEP_LAST: '1' }));
    // The last verified backup is kept in addition to the newest.
    expect(storedKeys(s3)).toEqual([...verified, `${next.result.id}.json`, `${next.result.id}.tar.gz`].toSorted());
  });

  it('is not restored into a volume with data when only empty volumes are allowed', async () => {
    writeFileSync(`${volume}/a`, 'backed up');
    await tool.run(['backup'], env());
    writeFileSync(`${volume}/a`, 'live');
    const held = await tool.run(['restore'], env({ RESTORE_IF_EMPTY: 'true' }));
    expect(held).toMatchObject({ code: 0, result: { warnings: [expect.stringContaining('contains data')] } });
    expect(readFileSync(`${volume}/a`, 'utf8')).toBe('live');
    rmSync(`${volume}/a`);
    mkdirSync(`${volume}/lost+found`);
    expect((await tool.run(['restore'], env({ RESTORE_IF_EMPTY: 'true' }))).code).toBe(0);
    expect(readFileSync(`${volume}/a`, 'utf8')).toBe('backed up');
  });

  it('that does not exist is reported by its id', async () => {
    expect(await tool.run(['restore'], env())).toMatchObject({
      code: 66,
      result: { error: expect.stringContaining('there is no backup of module seen in namespace chat') },
    });
    const id = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
    expect(await tool.run(['restore', '--id', id], env())).toMatchObject({ code: 66, result: { error: expect.stringContaining(id) } });
  });
});
