import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventually, startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, jobEnvironment, Tool } from './tool.ts';
import { TemporaryFolder } from './trees.ts';

/** Files below a folder, any of them the tool may remove meanwhile. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('the secret key', () => {
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
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    for (let file = 0; file < 40; file++) writeFileSync(join(volume, `file-${file}`), randomBytes(500_000));
    // Of a database a copy is made on disk.
    using database = new DatabaseSync(join(volume, 'seen.sqlite'));
    database.exec('CREATE TABLE seen (nick TEXT, message BLOB)');
    for (let row = 0; row < 10; row++) database.prepare('INSERT INTO seen VALUES (?, ?)').run('fox', randomBytes(500_000));
  });
  afterEach(() => folder[Symbol.dispose]());

  /** All places that the tool might write into are below the test's folder. */
  const env = (): Record<string, string> => ({
    ...jobEnvironment(s3, volume),
    HOME: folder.folder('home'),
    XDG_CONFIG_HOME: folder.folder('home'),
    TMPDIR: folder.folder('tmp'),
  });
  const withKey = (): string[] =>
    filesBelow(folder.path).filter((path) => existsSync(path) && readFileSync(path).includes(s3.credentials.secretAccessKey));

  it('is on no disk and in no argument, also when the tool is killed in the middle', async () => {
    const before = filesBelow(folder.path).length;
    const watched = async (command: 'backup' | 'restore') => {
      const { process: child, ended } = tool.start([command], env());
      // As soon as it has written something of its own, whatever that is.
      const wrote = await eventually(() => filesBelow(folder.path).length > before || (child.exitCode !== null && 'ended'), {
        intervalMs: 1,
      });
      child.kill('SIGSTOP');
      const args = readFileSync(`/proc/${child.pid}/cmdline`, 'latin1');
      child.kill('SIGKILL');
      await ended;
      expect(args).toContain(command);
      expect(args).not.toContain(s3.credentials.secretAccessKey);
      expect(withKey()).toEqual([]);
      return wrote;
    };
    expect(await watched('backup')).toBe(true);
    expect((await tool.run(['backup'], env())).code).toBe(0);
    expect(await watched('restore')).toBe(true);
    expect((await tool.run(['restore'], env())).code).toBe(0);
    expect(withKey()).toEqual([]);
  });
});
