import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, jobEnvironment, objectPath, Tool } from './tool.ts';
import { describeTree, TemporaryFolder } from './trees.ts';

// Root without a single capability: what it may do with its own files, and may not with others', is what any user may.
describe('without any rights but those of an ordinary user', () => {
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

  /** Folders that their owner may not write into, at the top and below, as a module cache has them. */
  function fill(state: string): void {
    mkdirSync(`${volume}/closed/deep`, { recursive: true });
    mkdirSync(`${volume}/closed/${state}`);
    writeFileSync(`${volume}/closed/deep/file`, state);
    writeFileSync(`${volume}/closed/file`, state, { mode: 0o400 });
    for (const path of ['closed/deep', `closed/${state}`, 'closed']) chmodSync(`${volume}/${path}`, 0o555);
  }

  it.each(['true', 'false'])('folders that their owner may not write into are restored, clean: %s', async (clean) => {
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

  it('owners that cannot be restored are a warning, and no program runs as another user than before', async () => {
    writeFileSync(`${volume}/theirs`, 'x');
    chmodSync(`${volume}/theirs`, 0o644);
    writeFileSync(`${volume}/program`, 'x');
    chownSync(`${volume}/program`, 1234, 1234);
    chmodSync(`${volume}/program`, 0o4755);
    chownSync(`${volume}/theirs`, 1234, 1234);
    expect((await tool.run(['backup'], env())).code).toBe(0);
    const { code, result } = await tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }));
    expect({ code, warnings: result.warnings }).toEqual({ code: 0, warnings: [expect.stringContaining('owners are not restored')] });
    expect(readFileSync(`${volume}/theirs`, 'utf8')).toBe('x');
    expect(lstatSync(`${volume}/program`).mode & 0o7777).toBe(0o755);
  });

  it('a file that may not be read fails the backup and names it', async () => {
    writeFileSync(`${volume}/secret`, 'x');
    chmodSync(`${volume}/secret`, 0);
    const { code, result } = await tool.run(['backup'], env());
    expect({ code, error: result.error }).toEqual({ code: 1, error: expect.stringContaining('secret') });
  });

  it('a volume that may not be written into is left as it is', async () => {
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
