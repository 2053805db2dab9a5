import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../src/sqlite/snapshot.ts';
import { writeArchive } from './archives.ts';
import { copiedRows, LEFT_BEHIND, ROWS, snapshotOf, startHurriedWriter, startWriter } from './databases.ts';
import { describeTree, TemporaryFolder } from './trees.ts';

/** Size above which a child process makes the copy. */
const LARGE_BYTES = 1024 ** 3;

describe('a SQLite database', () => {
  let folder: TemporaryFolder;
  let volume: string;
  let copies: string;

  beforeEach(() => {
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    copies = folder.folder('copies');
  });
  afterEach(() => folder[Symbol.dispose]());

  for (const [how, leave] of Object.entries(LEFT_BEHIND)) {
    it.each([
      ['in this process', 1000],
      ['in a child process', LARGE_BYTES],
    ])(`left ${how}, is copied %s without changing other files`, async (_, sizeBytes) => {
      leave(`${volume}/left.db`);
      // Readers may write to the shared memory.
      const tree = () => describeTree(volume).map((line) => (line.startsWith('./left.db-shm') ? './left.db-shm' : line));
      const before = tree();
      const copy = await snapshotOf(`${volume}/left.db`, { directory: copies, sizeBytes });
      expect(copiedRows(copy)).toEqual({ rows: ROWS, last: ROWS, integrity: 'ok' });
      expect(tree()).toEqual(before);
      rmSync(copy);
      expect(readdirSync(copies)).toEqual([]);
    });
  }

  for (const mode of ['WAL', 'DELETE'] as const) {
    it.each([
      ['in this process', 1000],
      ['in a child process', LARGE_BYTES],
    ])(`written by another process in mode ${mode}, is repeatedly copied %s consistently`, async (_, sizeBytes) => {
      await using writer = await startWriter(`${volume}/live.db`, mode);
      for (let count = 0; count < 15; count++) {
        const committed = writer.committed();
        const copy = await snapshotOf(`${volume}/live.db`, { directory: copies, sizeBytes });
        const { rows, last, integrity } = copiedRows(copy);
        expect({ integrity, missing: last - rows, isRecent: last >= committed }).toEqual({ integrity: 'ok', missing: 0, isRecent: true });
      }
    });
  }

  it('whose name is not UTF-8 is copied', async () => {
    LEFT_BEHIND['closed, with a write-ahead log'](`${volume}/named.db`);
    const path = Buffer.concat([Buffer.from(`${volume}/caf`), Buffer.from([0xe9]), Buffer.from('.db')]);
    execFileSync('sh', ['-c', 'mv "$1/named.db" "$1/$(printf "caf\\351.db")"', 'sh', volume]);
    for (const sizeBytes of [1000, LARGE_BYTES]) {
      expect(copiedRows(await snapshotOf(path, { directory: copies, sizeBytes })).rows).toBe(ROWS);
    }
  });

  it('that is damaged or has only the magic bytes is backed up as is, with a warning', async () => {
    LEFT_BEHIND['closed, with a journal'](`${volume}/damaged.db`);
    const { length } = readFileSync(`${volume}/damaged.db`);
    truncateSync(`${volume}/damaged.db`, length - 8192);
    writeFileSync(`${volume}/no.db`, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(2000, 7)]));
    await expect(snapshotOf(`${volume}/damaged.db`, { directory: copies })).rejects.toBeInstanceOf(SnapshotError);
    await expect(snapshotOf(`${volume}/damaged.db`, { directory: copies, sizeBytes: LARGE_BYTES })).rejects.toThrow('malformed');
    expect(readdirSync(copies)).toEqual([]);

    const { warnings } = await writeArchive(volume, folder.at('a.tar.gz'));
    expect(warnings).toEqual([
      expect.stringMatching(/^damaged\.db is a SQLite database .*malformed.* backed up as is/),
      expect.stringMatching(/^no\.db is a SQLite database .*not a database.* backed up as is/),
    ]);
    execFileSync('tar', ['-xzpf', folder.at('a.tar.gz'), '-C', folder.folder('out')]);
    expect(describeTree(folder.at('out'))).toEqual(describeTree(volume));
  });

  it('is archived once, without its companion files', async () => {
    const database = new DatabaseSync(`${volume}/seen.db`);
    database.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (n); INSERT INTO t VALUES (1)');
    writeFileSync(`${volume}/other.db-wal`, 'of no database');
    const { warnings } = await writeArchive(volume, folder.at('a.tar.gz'));
    database.close();
    expect(warnings).toEqual([]);
    const names = execFileSync('tar', ['-tzf', folder.at('a.tar.gz')], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(names).toEqual(['./', './other.db-wal', './seen.db']);
  });

  it('is archived next to a directory named like its shared memory', async () => {
    LEFT_BEHIND['closed, with a journal'](`${volume}/seen.db`);
    mkdirSync(`${volume}/seen.db-shm`, { mode: 0o700 });
    writeFileSync(`${volume}/seen.db-shm/file`, 'content');
    const { warnings, files } = await writeArchive(volume, folder.at('a.tar.gz'));
    const names = execFileSync('tar', ['-tzf', folder.at('a.tar.gz')], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect({ warnings, files, names }).toEqual({
      warnings: [],
      files: 4,
      names: ['./', './seen.db', './seen.db-shm/', './seen.db-shm/file'],
    });
  });

  it.each([
    ['WAL', 'closed', 'wal', 1000],
    ['WAL', 'open', 'wal', 1000],
    ['WAL', 'open', 'wal', LARGE_BYTES],
    ['DELETE', 'closed', 'delete', 1000],
    ['DELETE', 'open', 'delete', LARGE_BYTES],
  ])('in mode %s that is %s is restored in mode %s', async (mode, state, expected, sizeBytes) => {
    const database = new DatabaseSync(`${volume}/seen.db`);
    database.exec(`PRAGMA journal_mode=${mode}; CREATE TABLE t (n); INSERT INTO t VALUES (1)`);
    if (state === 'closed') database.close();
    const copy = new DatabaseSync(await snapshotOf(`${volume}/seen.db`, { directory: copies, sizeBytes }));
    expect(copy.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: expected });
    expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    expect(copy.prepare('SELECT n FROM t').all()).toEqual([{ n: 1 }]);
    copy.close();
    if (state === 'open') database.close();
  });

  it('that is large and has no write-ahead log allows commits while it is copied', async () => {
    const database = new DatabaseSync(`${volume}/large.db`);
    database.exec(`
      PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF; CREATE TABLE t (id INTEGER PRIMARY KEY, n, filler);
      INSERT INTO t VALUES (1, 0, NULL);
      WITH RECURSIVE counted (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM counted WHERE n < 100)
        INSERT INTO t SELECT n, n, randomblob(1000000) FROM counted`);
    database.close();
    const sizeBytes = statSync(`${volume}/large.db`).size;
    await using writer = await startHurriedWriter(`${volume}/large.db`, { copies, counted: folder.at('counted') });
    const copy = new DatabaseSync(await snapshotOf(`${volume}/large.db`, { directory: copies, sizeBytes }));
    expect(writer.commits()).toBeGreaterThan(0);
    expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    expect(copy.prepare('SELECT count(*) AS rows FROM t').get()).toEqual({ rows: 100 });
    copy.close();
  });

  it.each<readonly [string, (at: string) => void]>([
    ['does not exist', () => undefined],
    ['is not a directory', (at) => writeFileSync(at, '')],
  ])('is not copied when the temporary directory %s, which is reported with the setting', async (problem, prepare) => {
    new DatabaseSync(`${volume}/seen.db`).exec('CREATE TABLE t (n)');
    const directory = folder.at('temporary');
    prepare(directory);
    await expect(snapshotOf(`${volume}/seen.db`, { directory })).rejects.toThrow(
      `the temporary directory ${directory} ${problem}: set TMPDIR to a directory with room`,
    );
  });

  it('is no longer copied after the backup was aborted', async () => {
    const database = new DatabaseSync(`${volume}/locked.db`);
    database.exec('CREATE TABLE t (n); BEGIN EXCLUSIVE');
    const controller = new AbortController();
    const copying = snapshotOf(`${volume}/locked.db`, { directory: copies, signal: controller.signal });
    controller.abort(new Error('ended'));
    await expect(copying).rejects.toThrow('ended');
    database.close();
    expect(readdirSync(copies)).toEqual([]);
  });
});
