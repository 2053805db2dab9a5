import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type S3Server, startS3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

  it('with a sparse file of 20 GiB comes back as sparse as it was', async () => {
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
    // What lies at the edges of the pieces it came in may be written out.
    expect(blocks * 512).toBeLessThan(16 * 1024 * 1024);
  });

  it('with 200,000 small files comes back', async () => {
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

  it('that is mounted read-only beside a live writer has its SQLite database copied as of one moment', async () => {
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
