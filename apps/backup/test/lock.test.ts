import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ERRNO } from './fuse/faults.ts';
import { refusingLocks } from './refuse-locks.ts';
import { jobEnvironment, type RunningTool } from './tool.ts';
import { useTool } from './use-tool.ts';

describe('on a volume', () => {
  const world = useTool({ keepsObjects: true });
  /** A server that never responds, so that a tool that contacts it keeps running. */
  let silent: Server;
  let begun: RunningTool | undefined;

  beforeAll(async () => {
    silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  afterAll(async () => {
    silent?.close();
    silent?.closeAllConnections();
  });
  beforeEach(() => {
    writeFileSync(`${world.volume}/file`, 'content');
    begun = undefined;
  });
  afterEach(async () => {
    begun?.process.kill('SIGKILL');
    await begun?.ended;
  });

  /** Starts a command and waits until it contacts the store. */
  async function begin(command: string): Promise<void> {
    const { port } = silent.address() as AddressInfo;
    const request = once(silent, 'request');
    begun = world.tool.start(
      [command],
      jobEnvironment({ endpoint: `http://127.0.0.1:${port}`, credentials: world.s3.credentials }, world.volume),
    );
    await request;
  }
  const run = (subcommand: string, path = world.volume) => world.tool.run([subcommand], jobEnvironment(world.s3, path));

  it('a second restore fails at once with a reason', async () => {
    expect(await run('backup')).toMatchObject({ code: 0 });
    await begin('restore');
    expect(await run('restore')).toMatchObject({
      code: 1,
      result: {
        error: `a backup or another restore is already running on ${world.volume} in another process: try again when it has ended`,
      },
    });
  });

  it('a restore during a backup fails at once, also through a symlink', async () => {
    expect(await run('backup')).toMatchObject({ code: 0 });
    await begin('backup');
    symlinkSync(world.volume, world.folder.at('way'));
    for (const path of [world.volume, world.folder.at('way')])
      expect(await run('restore', path)).toMatchObject({ code: 1, result: { error: expect.stringContaining('is already running on') } });
    expect(readFileSync(`${world.volume}/file`, 'utf8')).toBe('content');
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

  it.each([ERRNO.ENOLCK, ERRNO.EOPNOTSUPP, ERRNO.EINVAL, ERRNO.ENOSYS])(
    'without locks (error %i) backups and restores succeed',
    async (errno) => {
      for (const command of ['backup', 'restore'])
        expect(await world.tool.run([command], world.env(refusingLocks(errno)))).toMatchObject({ code: 0 });
    },
  );

  it.each([ERRNO.EIO, ERRNO.ESTALE])('whose lock cannot be checked (error %i) nothing is done', async (errno) => {
    for (const command of ['backup', 'restore']) {
      expect(await world.tool.run([command], world.env(refusingLocks(errno)))).toMatchObject({
        code: 74,
        result: { error: expect.stringContaining(`${world.volume} could not be locked, and nothing was changed: E`) },
      });
    }
  });
});
