import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { startFaultProxy } from '@eeveebot/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, jobEnvironment, objectPath, storedKeys } from './tool.ts';
import { useTool } from './use-tool.ts';

const FAILED = '11111111-2222-4333-8444-555555555555';

// As if a restore in place of another backup had removed old data and failed.
describe('the protection of a backup whose restore failed', () => {
  const world = useTool();
  const mark = () => `${world.volume}/.eevee-restore-unfinished`;
  const list = () => `${world.volume}/.eevee-restore-protected`;
  const place = (beginning: string) => `${BUCKET}/${beginning}`;
  const protection = (beginning: string) => objectPath(world.s3, `${beginning}${FAILED}.restoring.json`);

  function protect(beginning: string): void {
    mkdirSync(dirname(protection(beginning)), { recursive: true });
    writeFileSync(protection(beginning), '{}');
    writeFileSync(mark(), `${FAILED} ${place(beginning)}\n`);
  }

  /** A server that refuses to delete anything. */
  async function refusingServer() {
    const proxy = await startFaultProxy(world.s3.port);
    proxy.add({ fault: { kind: 'answer', status: 403 }, strikes: ({ method }) => method === 'DELETE', times: 100 });
    const { endpoint } = proxy;
    const { credentials } = world.s3;
    return { env: jobEnvironment({ endpoint, credentials }, world.volume), [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
  }

  beforeEach(async () => {
    writeFileSync(`${world.volume}/data`, 'data');
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
  });

  it('ends when a backup at the location of releases before 3.0 is restored', async () => {
    for (const key of storedKeys(world.s3)) {
      mkdirSync(objectPath(world.s3, 'teamchat/seen'), { recursive: true });
      renameSync(objectPath(world.s3, `chat/seen/${key}`), objectPath(world.s3, `teamchat/seen/${key}`));
    }
    protect('team/chat/seen/');
    const { code, result } = await world.tool.run(['restore'], world.env({ S3_PREFIX: 'team' }));
    expect({ code, key: result.key }).toMatchObject({ code: 0, key: expect.stringMatching(/^teamchat/) });
    expect([existsSync(protection('team/chat/seen/')), existsSync(mark()), existsSync(list())]).toEqual([false, false, false]);
  });

  it('is kept in a list when a backup of another place is restored, and ends with one of its own', async () => {
    protect('chat/other/');
    const first = await world.tool.run(['restore'], world.env());
    expect(first.code).toBe(0);
    expect(first.result.warnings).toEqual([
      expect.stringMatching(`^backup ${FAILED} remains protected .*: it is at "backups/chat/other/"`),
    ]);
    expect([existsSync(protection('chat/other/')), existsSync(mark())]).toEqual([true, false]);
    expect(readFileSync(list(), 'utf8')).toBe(`${FAILED} ${place('chat/other/')}\n`);
    expect((await world.tool.run(['backup'], world.env({ BACKUP_MODULE: 'other' }))).result.warnings).toEqual([]);

    const second = await world.tool.run(['restore'], world.env({ RESTORE_MODULE: 'other' }));
    expect(second).toMatchObject({ code: 0, result: { warnings: [] } });
    expect([existsSync(protection('chat/other/')), existsSync(list())]).toEqual([false, false]);
  });

  it('is kept in a list when the store refuses to end it, and ends with the next restore', async () => {
    protect('chat/seen/');
    await using refusing = await refusingServer();
    const first = await world.tool.run(['restore'], refusing.env);
    expect(first).toMatchObject({ code: 0, result: { warnings: [expect.stringContaining(`backup ${FAILED} remains protected`)] } });
    expect([existsSync(protection('chat/seen/')), readFileSync(list(), 'utf8')]).toEqual([true, `${FAILED} ${place('chat/seen/')}\n`]);

    expect(await world.tool.run(['restore'], world.env())).toMatchObject({ code: 0, result: { warnings: [] } });
    expect([existsSync(protection('chat/seen/')), existsSync(list())]).toEqual([false, false]);
  });

  it('is kept in a list when it was set on another server, unless that is this one under another address', async () => {
    const line = `${FAILED} ${place('chat/seen/')}@0123456789abcdef\n`;
    writeFileSync(mark(), line);
    const first = await world.tool.run(['restore'], world.env());
    expect(first).toMatchObject({
      code: 0,
      result: { warnings: [expect.stringMatching(`^backup ${FAILED} .*: it is on another server`)] },
    });
    expect(readFileSync(list(), 'utf8')).toBe(line);

    protect('chat/seen/');
    writeFileSync(mark(), '');
    expect(await world.tool.run(['restore'], world.env())).toMatchObject({ code: 0, result: { warnings: [] } });
    expect([existsSync(protection('chat/seen/')), existsSync(list())]).toEqual([false, false]);
  });

  it('is not listed for a backup that has none', async () => {
    writeFileSync(mark(), `${FAILED} ${place('chat/seen/')}\n`);
    await using refusing = await refusingServer();
    expect(await world.tool.run(['restore'], refusing.env)).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(existsSync(list())).toBe(false);
  });

  it('is ended for no other object, whatever a module writes to the list', async () => {
    protect('chat/seen/');
    const good = storedKeys(world.s3).find((key) => key.endsWith('.tar.gz'));
    writeFileSync(list(), `../seen/${good}\n${FAILED} ${place('chat/seen/../seen/')}\n`);
    const { code, result } = await world.tool.run(['restore'], world.env());
    expect({ code, warnings: result.warnings }).toEqual({ code: 0, warnings: [expect.stringContaining('it is at')] });
    symlinkSync(`${world.volume}/data`, `${world.volume}/.eevee-restore-unfinished`);
    expect(await world.tool.run(['restore'], world.env())).toMatchObject({ code: 0 });
    expect(readFileSync(`${world.volume}/data`, 'utf8')).toBe('data');
    expect(storedKeys(world.s3)).toContain(good);
  });
});

describe('the list of protected backups', () => {
  const world = useTool({ through: ['prlimit', '--fsize=1000'] });
  const list = () => `${world.volume}/.eevee-restore-protected`;

  it('is kept if another one cannot be written', async () => {
    writeFileSync(`${world.volume}/data`, 'data');
    expect((await world.tool.run(['backup'], world.env())).code).toBe(0);
    const ids = Array.from({ length: 20 }, (_, index) => FAILED.replace('1111', String(1000 + index)));
    const lines = ids.map((id) => `${id} ${BUCKET}/chat/other/\n`).join('');
    writeFileSync(list(), lines);
    const { code, result } = await world.tool.run(['restore'], world.env());
    expect({ code, last: result.warnings.at(-1) }).toEqual({ code: 0, last: expect.stringContaining('could not be written') });
    expect(readFileSync(list(), 'utf8')).toBe(lines);
    expect(readdirSync(world.volume).toSorted()).toEqual(['.eevee-restore-protected', 'data']);
  });
});
