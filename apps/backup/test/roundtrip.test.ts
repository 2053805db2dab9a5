import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { objectPath, storedJson, storedKeys } from './tool.ts';
import { describeTree, fillTree } from './trees.ts';
import { useTool } from './use-tool.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a backup', () => {
  const world = useTool();

  it('is restored unchanged', async () => {
    fillTree(world.volume);
    const before = describeTree(world.volume);
    const made = await world.tool.run(['backup'], world.env());
    expect(made).toMatchObject({ code: 0, result: { id: expect.stringMatching(UUID), warnings: [], files: before.length } });
    expect(made.result.key).toBe(`chat/seen/${made.result.id}.tar.gz`);
    expect(storedKeys(world.s3)).toEqual([`${made.result.id}.json`, `${made.result.id}.tar.gz`]);

    rmSync(world.volume, { recursive: true });
    mkdirSync(world.volume);
    const restored = await world.tool.run(['restore'], world.env({ RESTORE_BACKUP_ID: made.result.id, RESTORE_CLEAN: 'true' }));
    expect(restored).toMatchObject({
      code: 0,
      result: { id: made.result.id, key: made.result.key, sha256: made.result['sha256'], warnings: [] },
    });
    expect(describeTree(world.volume)).toEqual(before);
  });

  it('of a symlink to the volume is restored elsewhere and through the symlink', async () => {
    fillTree(world.volume);
    const before = describeTree(world.volume);
    symlinkSync('data', world.folder.at('mount'));
    const linked = world.env({ BACKUP_PVC_PATH: world.folder.at('mount') });
    expect((await world.tool.run(['backup'], linked)).code).toBe(0);
    const elsewhere = world.folder.folder('elsewhere');
    expect((await world.tool.run(['restore', '--path', elsewhere], world.env({ RESTORE_CLEAN: 'true' }))).code).toBe(0);
    expect(describeTree(elsewhere)).toEqual(before);
    writeFileSync(`${world.volume}/plain.txt`, 'changed');
    expect(await world.tool.run(['restore'], { ...linked, RESTORE_CLEAN: 'true' })).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(describeTree(world.volume)).toEqual(before);
    expect(readlinkSync(world.folder.at('mount'))).toBe('data');
  });

  it('of a directory with a time in the far future is restored over itself', async () => {
    mkdirSync(`${world.volume}/directory`);
    writeFileSync(`${world.volume}/directory/file`, 'content');
    // The end of the year 9999, which some programs use for "never".
    execFileSync('touch', ['--date', '@253402300799', `${world.volume}/directory`]);
    const before = describeTree(world.volume);
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    expect(await world.tool.run(['restore'], world.env())).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(describeTree(world.volume)).toEqual(before);
  });

  it('compressed with zstd is restored unchanged', async () => {
    fillTree(world.volume);
    const before = describeTree(world.volume);
    const made = await world.tool.run(['backup'], world.env({ BACKUP_COMPRESSION: 'zstd' }));
    expect(made.result.key).toMatch(/\.tar\.zst$/);
    expect((await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }))).code).toBe(0);
    expect(describeTree(world.volume)).toEqual(before);
  });

  it('with paths of 4,000 bytes is restored unchanged, also over existing data', async () => {
    const names = Array.from({ length: 20 }, (_, index) => String(index).padStart(199, 'd'));
    const deep = 'for part in "$@"; do mkdir -p "$part"; cd "$part" || exit 1; done';
    // From within, because the kernel limits the length of a path.
    const inside = (command: string) =>
      execFileSync('sh', ['-c', `${deep}; ${command}`, 'sh', ...names], { cwd: world.volume, encoding: 'utf8' }).trim();
    inside('echo old > file');
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    for (const clean of ['true', 'false']) {
      inside('echo new > file; echo more > more');
      expect(await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: clean }))).toMatchObject({ code: 0, result: { warnings: [] } });
      expect(inside('cat file; ls')).toBe(clean === 'true' ? 'old\nfile' : 'old\nfile\nmore');
      expect(existsSync(`${world.volume}/.eevee-restore`)).toBe(false);
    }
  });

  it('writes a sidecar that describes the archive', async () => {
    writeFileSync(`${world.volume}/a`, 'hello');
    const { result } = await world.tool.run(['backup'], world.env({ S3_PREFIX: '/team//' }));
    expect(storedJson(world.s3, `team/chat/seen/${result.id}.json`)).toEqual({
      version: 1,
      sha256: execFileSync('sha256sum', [objectPath(world.s3, `team/chat/seen/${result.id}.tar.gz`)], { encoding: 'utf8' }).slice(0, 64),
      sizeBytes: readFileSync(objectPath(world.s3, `team/chat/seen/${result.id}.tar.gz`)).length,
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
    mkdirSync(`${world.volume}/folder`);
    writeFileSync(`${world.volume}/folder/kept`, 'old');
    writeFileSync(`${world.volume}/same`, 'old');
    await world.tool.run(['backup'], world.env());
    const before = describeTree(world.volume);
    const change = () => {
      writeFileSync(`${world.volume}/folder/kept`, 'new');
      writeFileSync(`${world.volume}/folder/more`, 'more');
      writeFileSync(`${world.volume}/.hidden`, 'x');
      rmSync(`${world.volume}/same`);
      mkdirSync(`${world.volume}/same`);
      writeFileSync(`${world.volume}/same/inside`, 'a folder in the place of a file');
      mkdirSync(`${world.volume}/lost+found`, { recursive: true });
    };
    change();
    expect((await world.tool.run(['restore'], world.env())).code).toBe(0);
    expect(readFileSync(`${world.volume}/folder/kept`, 'utf8')).toBe('old');
    expect(readFileSync(`${world.volume}/same`, 'utf8')).toBe('old');
    expect(existsSync(`${world.volume}/folder/more`)).toBe(true);
    expect(existsSync(`${world.volume}/.hidden`)).toBe(true);

    change();
    expect((await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }))).code).toBe(0);
    expect(existsSync(`${world.volume}/lost+found`)).toBe(true);
    rmSync(`${world.volume}/lost+found`, { recursive: true });
    execFileSync('touch', ['-r', world.volume, world.volume]);
    expect(describeTree(world.volume).slice(1)).toEqual(before.slice(1));
  });

  it('of a SQLite database with two names removes stale companions of both', async () => {
    const database = new DatabaseSync(`${world.volume}/a.db`);
    database.exec('CREATE TABLE t (n)');
    database.close();
    linkSync(`${world.volume}/a.db`, `${world.volume}/b.db`);
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    for (const name of ['a.db-wal', 'b.db-wal', 'b.db-journal']) writeFileSync(`${world.volume}/${name}`, 'of another state');
    expect((await world.tool.run(['restore'], world.env())).code).toBe(0);
    expect(readdirSync(world.volume).toSorted()).toEqual(['a.db', 'b.db']);
  });

  it('of a SQLite database in use is consistent, and restoring it removes stale companions', async () => {
    const database = new DatabaseSync(`${world.volume}/seen.db`);
    database.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (n); INSERT INTO t VALUES (1)');
    const made = await world.tool.run(['backup'], world.env());
    expect(made.result).toMatchObject({ warnings: [], files: 2 });
    database.exec('INSERT INTO t VALUES (2)');
    expect(existsSync(`${world.volume}/seen.db-wal`)).toBe(true);

    expect((await world.tool.run(['restore'], world.env())).code).toBe(0);
    database.close();
    rmSync(`${world.volume}/seen.db-wal`, { force: true });
    const restored = new DatabaseSync(`${world.volume}/seen.db`);
    expect(restored.prepare('SELECT n FROM t').all()).toEqual([{ n: 1 }]);
    expect(restored.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    restored.close();
  });

  it('made with tar and s3cmd as in earlier releases is restored with a warning, also from their location', async () => {
    fillTree(world.volume);
    // GNU tar archives a FIFO with two names as two FIFOs.
    rmSync(`${world.volume}/fifo-linked`);
    const before = describeTree(world.volume);
    const id = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
    mkdirSync(objectPath(world.s3, 'teamchat/seen'), { recursive: true });
    execFileSync('tar', ['-czf', objectPath(world.s3, `teamchat/seen/${id}.tar.gz`), '-C', world.volume, '.']);
    const restored = await world.tool.run(
      ['restore'],
      world.env({ S3_PREFIX: 'team', RESTORE_BACKUP_ID: 'latest', RESTORE_CLEAN: 'true' }),
    );
    expect(restored).toMatchObject({ code: 0, result: { id, warnings: [expect.stringContaining('unverified')] } });
    // GNU tar's own format has whole seconds only.
    const inSeconds = (lines: readonly string[]) => lines.map((line) => line.replace(/ \| (-?\d+)\d{9} \| /, ' | $1 | '));
    expect(inSeconds(describeTree(world.volume)).filter((line) => !line.startsWith('./empty'))).toEqual(
      inSeconds(before).filter((line) => !line.startsWith('./empty')),
    );
  });

  it('is listed and verified, and old ones are pruned', async () => {
    writeFileSync(`${world.volume}/a`, 'x');
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { id, key } = (await world.tool.run(['backup'], world.env())).result;
      // The server's times have a resolution of a second.
      execFileSync('touch', ['-d', `2020-01-0${count + 1}`, objectPath(world.s3, key)]);
      ids.unshift(id);
    }
    const listed = await world.tool.run(['list'], world.env());
    expect(listed.result['backups']).toEqual(ids.map((id) => expect.objectContaining({ id, verifiable: true })));
    expect(await world.tool.run(['verify'], world.env())).toMatchObject({
      code: 0,
      result: { id: ids[0], files: 2, uncompressedBytes: 1 },
    });

    const dry = await world.tool.run(['prune', '--keep-last', '1', '--dry-run'], world.env());
    expect(dry.result).toMatchObject({ dryRun: true, kept: [ids[0]], removed: [ids[2], ids[1]] });
    // Three archives, their sidecars, and the record of the verification.
    expect(storedKeys(world.s3)).toHaveLength(7);
    expect((await world.tool.run(['prune', '--keep-last', '1'], world.env())).code).toBe(0);
    const verified = ['json', 'tar.gz', 'verified.json'].map((ending) => `${ids[0]}.${ending}`);
    expect(storedKeys(world.s3)).toEqual(verified);

    const next = await world.tool.run(['backup'], world.env({ BACKUP_KEEP_LAST: '1' }));
    // The last verified backup is kept in addition to the newest.
    expect(storedKeys(world.s3)).toEqual([...verified, `${next.result.id}.json`, `${next.result.id}.tar.gz`].toSorted());
  });

  it('is not restored into a volume with data when only empty volumes are allowed', async () => {
    writeFileSync(`${world.volume}/a`, 'backed up');
    await world.tool.run(['backup'], world.env());
    writeFileSync(`${world.volume}/a`, 'live');
    const held = await world.tool.run(['restore'], world.env({ RESTORE_IF_EMPTY: 'true' }));
    expect(held).toMatchObject({ code: 0, result: { warnings: [expect.stringContaining('contains data')] } });
    expect(readFileSync(`${world.volume}/a`, 'utf8')).toBe('live');
    rmSync(`${world.volume}/a`);
    mkdirSync(`${world.volume}/lost+found`);
    expect((await world.tool.run(['restore'], world.env({ RESTORE_IF_EMPTY: 'true' }))).code).toBe(0);
    expect(readFileSync(`${world.volume}/a`, 'utf8')).toBe('backed up');
  });

  it('that does not exist is reported by its id', async () => {
    expect(await world.tool.run(['restore'], world.env())).toMatchObject({
      code: 66,
      result: { error: expect.stringContaining('there is no backup of module seen in namespace chat') },
    });
    const id = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
    expect(await world.tool.run(['restore', '--id', id], world.env())).toMatchObject({
      code: 66,
      result: { error: expect.stringContaining(id) },
    });
  });
});
