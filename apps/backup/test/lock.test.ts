import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, jobEnvironment, Tool, type RunningTool } from './tool.ts';
import { TemporaryFolder } from './trees.ts';

describe('on a volume', () => {
  let s3: S3Server;
  /** A server that never responds, so that a tool that contacts it keeps running. */
  let silent: Server;
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;
  let begun: RunningTool | undefined;

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    tool = new Tool();
    silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  afterAll(async () => {
    tool?.[Symbol.dispose]();
    silent?.close();
    silent?.closeAllConnections();
    await s3?.stop();
  });
  beforeEach(() => {
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    writeFileSync(`${volume}/file`, 'content');
    begun = undefined;
  });
  afterEach(async () => {
    begun?.process.kill('SIGKILL');
    await begun?.ended;
    folder[Symbol.dispose]();
  });

  /** Starts a command and waits until it contacts the store. */
  async function begin(command: string): Promise<void> {
    const { port } = silent.address() as AddressInfo;
    const request = once(silent, 'request');
    begun = tool.start([command], jobEnvironment({ endpoint: `http://127.0.0.1:${port}`, credentials: s3.credentials }, volume));
    await request;
  }
  const run = (subcommand: string, path = volume) => tool.run([subcommand], jobEnvironment(s3, path));

  it('a second restore fails at once with a reason', async () => {
    expect(await run('backup')).toMatchObject({ code: 0 });
    await begin('restore');
    expect(await run('restore')).toMatchObject({
      code: 1,
      result: { error: `a backup or another restore is already running on ${volume}, in another process: try again when it has ended` },
    });
  });

  it('a restore during a backup fails at once, also through a symlink', async () => {
    expect(await run('backup')).toMatchObject({ code: 0 });
    await begin('backup');
    symlinkSync(volume, folder.at('way'));
    for (const path of [volume, folder.at('way')])
      expect(await run('restore', path)).toMatchObject({ code: 1, result: { error: expect.stringContaining('is already running on') } });
    expect(readFileSync(`${volume}/file`, 'utf8')).toBe('content');
  });

  it('a backup during a restore fails at once without uploading anything', async () => {
    await begin('restore');
    expect(await run('backup')).toMatchObject({ code: 1, result: { error: expect.stringContaining('a restore is already running') } });
  });

  it('concurrent backups succeed', async () => {
    await begin('backup');
    expect(await run('backup')).toMatchObject({ code: 0 });
  });

  it('a killed restore releases its lock', async () => {
    expect(await run('backup')).toMatchObject({ code: 0 });
    await begin('restore');
    begun?.process.kill('SIGKILL');
    await begun?.ended;
    expect(await run('restore')).toMatchObject({ code: 0 });
  });
});
