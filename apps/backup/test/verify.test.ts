import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { eventually, startFaultProxy } from '@eeveebot/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { clockAhead, objectPath, storedJson, storedKeys, Tool } from './tool.ts';
import { fillTree, mayChangeOwners } from './trees.ts';
import { useTool } from './use-tool.ts';

describe('verification', () => {
  const world = useTool();
  let scratch: string;
  const env = (more: Record<string, string> = {}) => world.env({ VERIFY_SCRATCH_PATH: scratch, ...more });
  const back = async (more: Record<string, string> = {}) => {
    const { code, result, stderr } = await world.tool.run(['backup'], env(more));
    expect(code, stderr).toBe(0);
    return result;
  };

  beforeEach(() => {
    scratch = world.folder.folder('scratch');
  });

  function database(name: string): void {
    const made = new DatabaseSync(`${world.volume}/${name}`);
    made.exec('CREATE TABLE seen (nick TEXT); BEGIN');
    const insert = made.prepare('INSERT INTO seen VALUES (?)');
    for (let row = 0; row < 3_000; row++) insert.run(`nick${row}`);
    made.exec('COMMIT');
    made.close();
  }

  const damageObject = (key: string, at: number) => {
    const bytes = readFileSync(objectPath(world.s3, key));
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    writeFileSync(objectPath(world.s3, key), bytes);
  };

  const changeSidecar = (id: string, change: Record<string, unknown>) => {
    const sidecar = storedJson(world.s3, `chat/seen/${id}.json`);
    writeFileSync(objectPath(world.s3, `chat/seen/${id}.json`), JSON.stringify({ ...sidecar, ...change }));
  };

  it.each([
    ['Checksum', 'gzip'],
    ['Checksum', 'zstd'],
    ['Restore', 'gzip'],
    ['Restore', 'zstd'],
  ])('in mode %s succeeds for a backup of all entry types compressed with %s, and records that', async (mode, compression) => {
    fillTree(world.volume);
    database('seen.db');
    const made = await back({ BACKUP_COMPRESSION: compression });
    const verified = await world.tool.run(['verify', '--mode', mode], env());
    expect(verified, verified.stderr).toMatchObject({
      code: 0,
      result: { id: made.id, key: made.key, mode, files: made['files'], uncompressedBytes: made['uncompressedBytes'], warnings: [] },
    });
    expect(verified.result['databases']).toBe(mode === 'Restore' ? 1 : undefined);
    expect(storedKeys(world.s3)).toContain(`${made.id}.verified.json`);
    expect(storedJson(world.s3, `chat/seen/${made.id}.verified.json`)).toMatchObject({ version: 1, mode, result: 'Succeeded' });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it.runIf(mayChangeOwners)('in mode Restore succeeds for an ordinary user and files of other users', async () => {
    // Without capabilities, owners and set-id bits are not restored, and files of mode 0 are unreadable.
    using user = new Tool({ through: ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] });
    fillTree(world.volume);
    mkdirSync(`${world.volume}/closed-to-all`);
    writeFileSync(`${world.volume}/closed-to-all/secret`, 'x', { mode: 0 });
    chownSync(`${world.volume}/closed-to-all/secret`, 5, 5);
    chmodSync(`${world.volume}/closed-to-all`, 0);
    const made = await back();
    const verified = await user.run(['verify', '--mode', 'Restore'], env());
    expect(verified, verified.stderr).toMatchObject({ code: 0, result: { id: made.id, files: made['files'], warnings: [] } });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('fails for an archive modified in the bucket, and latest resolves to the previous one', async () => {
    writeFileSync(`${world.volume}/state`, 'good');
    const good = await back();
    writeFileSync(`${world.volume}/state`, 'newer');
    const bad = await back();
    damageObject(bad.key, 60);

    const failed = await world.tool.run(['verify'], env());
    expect(failed).toMatchObject({ code: 65, result: { id: bad.id } });
    expect(storedJson(world.s3, `chat/seen/${bad.id}.failed.json`)).toMatchObject({ result: 'Failed', message: failed.result.error });

    // Without an id the newest is verified, regardless of its record.
    expect((await world.tool.run(['verify'], env())).code).toBe(65);
    const restored = await world.tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }));
    expect(restored).toMatchObject({ code: 0, result: { id: good.id } });
    expect(restored.result.warnings.join()).toMatch(new RegExp(`${bad.id}.*passed over.*verification failed`));
    expect(readFileSync(`${world.volume}/state`, 'utf8')).toBe('good');
  });

  it('replaces the record of a failed verification when the next one succeeds', async () => {
    writeFileSync(`${world.volume}/state`, 'good');
    const made = await back();
    damageObject(made.key, 60);
    expect((await world.tool.run(['verify'], env())).code).toBe(65);
    damageObject(made.key, 60);
    expect((await world.tool.run(['verify'], env())).code).toBe(0);
    expect(storedKeys(world.s3)).toEqual([`${made.id}.json`, `${made.id}.tar.gz`, `${made.id}.verified.json`]);
  });

  it.each([
    ['treeDigest', 'ab'.repeat(32), /tree digest/],
    ['files', 99, /99/],
    ['uncompressedBytes', 1_000_000, /1000000/],
    ['sha256', 'ab'.repeat(32), /SHA-256/],
    ['sizeBytes', 7, /7/],
  ])('fails for a backup whose %s differs from its sidecar', async (field, value, message) => {
    fillTree(world.volume);
    const made = await back();
    changeSidecar(made.id, { [field]: value });
    const failed = await world.tool.run(['verify', '--mode', 'restore'], env());
    expect(failed).toMatchObject({ code: 65, result: { error: expect.stringMatching(message) } });
    expect(storedKeys(world.s3)).toContain(`${made.id}.failed.json`);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('fails for a database that was damaged before the backup', async () => {
    database('seen.db');
    const bytes = readFileSync(`${world.volume}/seen.db`);
    bytes.fill(0xa5, 4096 * 3, 4096 * 5);
    writeFileSync(`${world.volume}/seen.db`, bytes);
    const made = await world.tool.run(['backup'], env());
    expect(made.code).toBe(0);
    expect((await world.tool.run(['verify'], env())).code).toBe(0);
    const failed = await world.tool.run(['verify', '--mode', 'Restore'], env());
    expect(failed).toMatchObject({ code: 65, result: { error: expect.stringMatching(/seen\.db/) } });
  });

  it('of all backups continues after a damaged one', async () => {
    writeFileSync(`${world.volume}/state`, '1');
    const first = await back();
    writeFileSync(`${world.volume}/state`, '2');
    const second = await back();
    writeFileSync(`${world.volume}/state`, '3');
    const third = await back();
    damageObject(second.key, 60);
    const all = await world.tool.run(['verify', '--all'], env());
    expect(all).toMatchObject({
      code: 65,
      result: {
        succeeded: 2,
        failed: 1,
        backups: [
          { id: third.id, result: 'Succeeded' },
          { id: second.id, result: 'Failed', message: expect.stringMatching(/\w/) },
          { id: first.id, result: 'Succeeded' },
        ],
      },
    });
    expect(storedKeys(world.s3).filter((key) => key.endsWith('.verified.json') || key.endsWith('.failed.json'))).toHaveLength(3);
  });

  it('of all backups continues after one that a later release made', async () => {
    writeFileSync(`${world.volume}/state`, '1');
    const older = await back();
    const newer = await back();
    changeSidecar(newer.id, { version: 2 });
    expect(await world.tool.run(['verify', '--all'], env())).toMatchObject({
      code: 64,
      result: {
        ...{ succeeded: 1, failed: 0, skipped: 1 },
        backups: expect.arrayContaining([
          { id: newer.id, result: 'Skipped', message: expect.stringContaining('was made by a later release') },
          { id: older.id, result: 'Succeeded' },
        ]),
      },
    });
    expect(storedKeys(world.s3)).toContain(`${older.id}.verified.json`);
  });

  it('removes what a killed verification left in the scratch space', async () => {
    writeFileSync(`${world.volume}/file`, 'content');
    await back();
    await using proxy = await startFaultProxy(world.s3.port);
    proxy.add({ fault: { kind: 'stall', afterBytes: 10 }, strikes: ({ method, url }) => method === 'GET' && url.includes('.tar.gz') });
    const { process, ended } = world.tool.start(['verify', '--mode', 'Restore'], env({ S3_ENDPOINT: proxy.endpoint }));
    await eventually(() => readdirSync(scratch).length > 0, { what: 'a folder in the scratch space' });
    process.kill('SIGKILL');
    await ended;
    mkdirSync(`${scratch}/eevee-verify-Killed`, { recursive: true });
    const later = env({ NODE_OPTIONS: clockAhead(120) });
    expect(await world.tool.run(['verify', '--mode', 'Restore'], later)).toMatchObject({ code: 0, result: { warnings: [] } });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('records nothing when the store is unreachable or the scratch space is missing', async () => {
    writeFileSync(`${world.volume}/state`, '1');
    await back();
    const keys = storedKeys(world.s3);
    const without = await world.tool.run(['verify', '--mode', 'Restore'], env({ VERIFY_SCRATCH_PATH: `${scratch}/missing` }));
    expect(without).toMatchObject({ code: 64, result: { error: expect.stringMatching(/VERIFY_SCRATCH_PATH/) } });
    expect(storedKeys(world.s3)).toEqual(keys);
  });

  it('records nothing about a backup made by a later release', async () => {
    writeFileSync(`${world.volume}/state`, '1');
    const { id } = await back();
    changeSidecar(id, { version: 2 });
    const keys = storedKeys(world.s3);
    expect(await world.tool.run(['verify', '--id', id], env())).toMatchObject({
      code: 64,
      result: { error: expect.stringContaining('was made by a later release') },
    });
    expect(storedKeys(world.s3)).toEqual(keys);
  });

  it('rejects an unknown mode', async () => {
    expect(await world.tool.run(['verify', '--mode', 'full'], env())).toMatchObject({
      code: 64,
      result: { error: expect.stringMatching(/VERIFY_MODE.*Checksum or Restore/) },
    });
  });

  it('fails without a backup', async () => {
    for (const args of [['verify'], ['verify', '--all']]) expect((await world.tool.run(args, env())).code).toBe(66);
  });
});
