import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type S3Server, startS3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peakMebibytes, reportingPeak } from './peak-memory.ts';
import { BUCKET, jobEnvironment, Tool } from './tool.ts';
import { TemporaryFolder } from './trees.ts';

const GIB = 1024 ** 3;

describe('a volume', () => {
  let s3: S3Server;
  let tool: Tool;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    tool = new Tool();
    folder = new TemporaryFolder();
  });
  afterAll(async () => {
    folder?.[Symbol.dispose]();
    tool?.[Symbol.dispose]();
    await s3?.stop();
  });

  it('with a sparse file of 20 GiB is restored as sparse', async () => {
    const volume = folder.folder('sparse');
    writeFileSync(`${volume}/sparse`, 'beginning');
    truncateSync(`${volume}/sparse`, 20 * GIB);
    const env = jobEnvironment(s3, volume);
    const made = await tool.run(['backup'], env);
    expect(made).toMatchObject({ code: 0, result: { uncompressedBytes: 20 * GIB } });
    rmSync(`${volume}/sparse`);
    expect(await tool.run(['restore'], env)).toMatchObject({ code: 0 });
    const { size, blocks } = statSync(`${volume}/sparse`);
    expect(size).toBe(20 * GIB);
    // Zeros at the edges of chunks may be written.
    expect(blocks * 512).toBeLessThan(16 * 1024 * 1024);
  });

  it.each([600, 5000])('with %i GB of holes takes no more memory than a small one', async (gigabytes) => {
    const volume = folder.folder(`holes-${gigabytes}`);
    for (let left = gigabytes; left > 0; left -= 1000) {
      writeFileSync(`${volume}/${left}`, 'beginning');
      truncateSync(`${volume}/${left}`, Math.min(left, 1000) * 1e9);
    }
    const env = jobEnvironment(s3, volume, {
      BACKUP_MODULE: 'holes',
      BACKUP_COMPRESSION: 'zstd',
      NODE_OPTIONS: reportingPeak(folder.at('peak')),
    });
    expect(await tool.run(['backup'], env)).toMatchObject({ code: 0, result: { uncompressedBytes: gigabytes * 1e9, warnings: [] } });
    expect(peakMebibytes(folder.at('peak'))).toBeLessThan(200);
  });

  it('with 300,000 files in one directory takes no more memory than a small one', async () => {
    const volume = folder.folder('flat');
    for (let index = 0; index < 300_000; index++) writeFileSync(`${volume}/a-name-of-some-length-${index}`, '');
    const env = jobEnvironment(s3, volume, { BACKUP_MODULE: 'flat', NODE_OPTIONS: reportingPeak(folder.at('peak')) });
    const made = await tool.run(['backup'], env);
    expect(made).toMatchObject({ code: 0, result: { files: 300_001, warnings: [] } });
    expect(peakMebibytes(folder.at('peak'))).toBeLessThan(200);
  });

  it('with databases in a large directory archives each without its companions, in any directory order', async () => {
    const volume = folder.folder('companions');
    for (let index = 0; index < 20_000; index++) writeFileSync(`${volume}/${index}`, '');
    new DatabaseSync(`${volume}/0.db`).exec('CREATE TABLE t (n)');
    for (let index = 0; index < 40; index++) {
      if (index > 0) copyFileSync(`${volume}/0.db`, `${volume}/${index}.db`);
      writeFileSync(`${volume}/${index}.db-shm`, 'x');
      writeFileSync(`${volume}/no-database-${index}-shm`, 'x');
    }
    const env = jobEnvironment(s3, volume, { BACKUP_MODULE: 'companions' });
    expect(await tool.run(['backup'], env)).toMatchObject({ code: 0, result: { files: 20_081, warnings: [] } });
  });

  it('with 200,000 small files is restored', async () => {
    const volume = folder.folder('many');
    for (let top = 0; top < 200; top++) {
      mkdirSync(`${volume}/${top}`);
      for (let index = 0; index < 1000; index++) writeFileSync(`${volume}/${top}/${index}`, String(index));
    }
    const env = jobEnvironment(s3, volume, { BACKUP_MODULE: 'many', RESTORE_MODULE: 'many' });
    const made = await tool.run(['backup'], env);
    expect(made).toMatchObject({ code: 0, result: { files: 200_201, warnings: [] } });
    const back = folder.folder('back');
    expect(await tool.run(['restore', '--path', back], env)).toMatchObject({ code: 0, result: { files: 200_201 } });
    execFileSync('diff', ['-r', volume, back]);
  });

  it('that is mounted read-only next to a live writer gets a consistent copy of its SQLite database', async () => {
    const volume = folder.folder('writable');
    const mounted = mkdtempSync(join(tmpdir(), 'eevee-read-only-'));
    const live = new DatabaseSync(`${volume}/live.db`);
    live.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (n); INSERT INTO t VALUES (1), (2)');
    execFileSync('mount', ['--bind', '-o', 'ro', volume, mounted]);
    try {
      const env = jobEnvironment(s3, mounted, { BACKUP_MODULE: 'ro', RESTORE_MODULE: 'ro' });
      expect(await tool.run(['backup'], env)).toMatchObject({ code: 0, result: { warnings: [], files: 2 } });
      const back = folder.folder('copy');
      expect(await tool.run(['restore', '--path', back], env)).toMatchObject({ code: 0 });
      const copy = new DatabaseSync(`${back}/live.db`);
      expect(copy.prepare('SELECT count(*) AS rows FROM t').get()).toEqual({ rows: 2 });
      copy.close();
    } finally {
      live.close();
      execFileSync('umount', [mounted]);
      rmSync(mounted, { recursive: true });
    }
  });
});
