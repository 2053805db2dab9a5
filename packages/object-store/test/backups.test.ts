import { beforeEach, describe, expect, it } from 'vitest';
import {
  backupById,
  backupListing,
  holdBackup,
  latestBackup,
  listBackups,
  recordVerification,
  releaseBackup,
  SidecarCache,
  Store,
  type StoreLocation,
} from '../src/index.ts';
import { useStoreProxy } from './use-store-proxy.ts';

const BUCKET = 'backups';
const OWNER = { namespace: 'a', moduleName: 'seen' };

/** Ids in the order of their number. */
const id = (number: number): string => `0d7b6a54-6f6c-4f5e-9c43-${String(number).padStart(12, '0')}`;

const sidecar = (startedAt: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    ...{ version: 1, startedAt, sizeBytes: 7, uncompressedBytes: 9, files: 2, sha256: 'a'.repeat(64) },
    ...{ durationSeconds: 1, warnings: [], tool: 'eevee-backup 3.0.0', ...more },
  });

const isHead = ({ method }: { readonly method: string }) => method === 'HEAD';
const isListing = ({ url }: { readonly url: string }) => url.includes('list-type');
const isSidecar = ({ method, url }: { readonly method: string; readonly url: string }) => method === 'GET' && url.includes('.json');

describe('backups in a bucket', () => {
  const servers = useStoreProxy(BUCKET);
  let store: Store;
  const location = (more: Partial<StoreLocation> = {}) => servers.location({ prefix: 'team-', ...more });
  const write = (key: string, text = 'archive') => store.put(key, Buffer.from(text), { contentType: 'application/octet-stream' });
  /** Writes a complete backup. */
  const writeBackup = async (number: number, startedAt: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    await write(`team-/a/seen/${id(number)}.tar.gz`);
    await write(`team-/a/seen/${id(number)}.json`, sidecar(startedAt, more));
  };

  beforeEach(async () => {
    servers.proxy.clear();
    store?.close();
    store = await Store.open(location(), { retry: { attempts: 1 } });
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    for (const key of keys) await store.delete(key);
    servers.proxy.clear();
  });

  it('are ordered by startedAt of their sidecars instead of by LastModified', async () => {
    await writeBackup(1, '2026-11-03T00:00:00Z');
    await writeBackup(2, '2026-11-01T00:00:00Z');
    await writeBackup(3, '2026-11-02T00:00:00Z');
    expect((await listBackups(store, OWNER)).map((backup) => backup.id)).toEqual([id(1), id(3), id(2)]);
    expect(await latestBackup(store, OWNER)).toMatchObject({ backup: { id: id(1), startedAt: new Date('2026-11-03') }, passedOver: [] });
  });

  it('do not include other objects', async () => {
    await writeBackup(1, '2026-11-03T00:00:00Z');
    const others = ['notes.tar.gz', 'one.json', `${id(2)}.tar.gz\n`, `${id(2)}.tar`, `deeper/${id(2)}.tar.gz`, ` ${id(2)}.tar.gz`];
    for (const name of others) await write(`team-/a/seen/${name}`);
    await write(`team-/a/seen2/${id(3)}.tar.gz`);
    expect(await backupListing(store, OWNER)).toMatchObject({ backups: [{ id: id(1) }], orphans: [] });
    expect(await backupById(store, OWNER, id(2))).toBeUndefined();
  });

  it('are read from the location of releases before 3.0 only while the current one has none', async () => {
    await write(`team-a/seen/${id(1)}.tar.gz`);
    expect(await listBackups(store, OWNER)).toMatchObject([{ id: id(1), isFormer: true, hasSidecar: false }]);
    expect(await backupById(store, OWNER, id(1))).toMatchObject({ isFormer: true });
    await writeBackup(2, '2020-01-01T00:00:00Z');
    expect(await listBackups(store, OWNER)).toMatchObject([{ id: id(2), isFormer: false }]);
    expect(await backupById(store, OWNER, id(1))).toBeUndefined();
  });

  it.each(['te+am', 'te am', 'te%20am', 'téam/ü', "te'am&<x>"])('are found under the prefix %s', async (prefix) => {
    const other = await Store.open(location({ prefix }));
    await write(`${prefix}/a/seen/${id(1)}.tar.gz`);
    await write(`${prefix}/a/seen/${id(1)}.json`, sidecar('2026-11-03T00:00:00Z'));
    expect(await listBackups(other, OWNER)).toMatchObject([{ id: id(1), startedAt: new Date('2026-11-03') }]);
    other.close();
  });

  it('at the location of earlier releases get no records', async () => {
    await write(`team-a/seen/${id(1)}.tar.gz`);
    const [backup] = await listBackups(store, OWNER);
    if (backup === undefined) throw new Error('there is no backup');
    const hold = { version: 1, time: '2026-11-03T00:00:00Z', tool: 'test' } as const;
    await expect(holdBackup(store, backup, hold)).rejects.toMatchObject({ kind: 'rejected' });
    await expect(releaseBackup(store, backup)).rejects.toMatchObject({ kind: 'rejected' });
  });

  it('have the result of their last verification, and holds', async () => {
    await writeBackup(1, '2026-11-03T00:00:00Z');
    const state = async () => {
      const [backup] = await listBackups(store, OWNER);
      if (backup === undefined) throw new Error('there is no backup');
      const { verified, failed, held, records } = backup;
      return { backup, flags: { verified, failed, held }, records: records.toSorted() };
    };
    const { backup, flags } = await state();
    expect(flags).toEqual({ verified: false, failed: false, held: false });
    const record = { version: 1, time: '2026-11-03T00:00:00Z', mode: 'Checksum', tool: 'test' } as const;
    await recordVerification(store, backup, { ...record, result: 'Failed', message: 'damaged' });
    expect((await state()).flags).toEqual({ verified: false, failed: true, held: false });
    await recordVerification(store, backup, { ...record, result: 'Succeeded' });
    await holdBackup(store, backup, { version: 1, time: record.time, tool: 'test' });
    expect(await state()).toMatchObject({
      flags: { verified: true, failed: false, held: true },
      records: ['hold', 'sidecar', 'verified'],
    });
    await releaseBackup(store, backup);
    await releaseBackup(store, backup);
    expect((await state()).flags).toEqual({ verified: true, failed: false, held: false });
  });

  it('whose archive was removed leave orphans', async () => {
    for (const ending of ['json', 'hold.json', 'verified.json']) await write(`team-/a/seen/${id(1)}.${ending}`, '{}');
    await write('team-/a/seen/other.json');
    const { backups, orphans } = await backupListing(store, OWNER);
    expect(backups).toEqual([]);
    expect(orphans.map(({ kind }) => kind).toSorted()).toEqual(['hold', 'sidecar', 'verified']);
  });

  it('are listed even if a sidecar is damaged', async () => {
    await writeBackup(1, '2026-11-03T00:00:00Z');
    await write(`team-/a/seen/${id(1)}.json`, '{');
    await writeBackup(2, 'yesterday');
    await writeBackup(3, '2026-11-03T00:00:00Z', { version: 2 });
    await writeBackup(4, '2020-01-01T00:00:00Z');
    await writeBackup(5, '2026-11-03T00:00:00Z', { padding: 'x'.repeat(1_100_000) });
    await writeBackup(6, '2026-11-03T00:00:00Z');
    const body = '<Error><Code>InvalidObjectState</Code><Message>archived</Message></Error>';
    servers.proxy.add({
      fault: { kind: 'answer', status: 403, body },
      strikes: ({ method, url }) => method === 'GET' && url.includes(`${id(6)}.json`),
      times: 9,
    });
    const problems = new Map((await listBackups(store, OWNER)).map((backup) => [backup.id, backup.sidecarProblem]));
    expect(problems.get(id(1))).toContain('is not JSON');
    expect(problems.get(id(2))).toContain('has no valid startedAt');
    expect(problems.get(id(3))).toContain('has version 2');
    expect(problems.get(id(4))).toBeUndefined();
    expect(problems.get(id(5))).toMatch(/has 110\d{4} bytes/);
    expect(problems.get(id(6))).toContain('archive storage class');
    expect((await latestBackup(store, OWNER))?.backup.id).toBe(id(4));
  });

  it('are read only once with a shared cache', async () => {
    for (let number = 1; number <= 20; number++) await writeBackup(number, '2026-11-03T00:00:00Z');
    const sidecars = new SidecarCache();
    for (let times = 0; times < 2; times++) {
      const again = await Store.open(location(), { sidecars });
      expect(await listBackups(again, OWNER)).toHaveLength(20);
      again.close();
    }
    expect(servers.proxy.requests.filter((request) => request.startsWith('GET') && request.includes('.json'))).toHaveLength(20);
  });

  describe('with limited credentials', () => {
    const deny = (strikes: (asked: { readonly method: string; readonly url: string }) => boolean) =>
      servers.proxy.add({ fault: { kind: 'answer', status: 403 }, strikes, times: 1000 });

    it('are found by id without permission to list', async () => {
      await writeBackup(1, '2026-11-03T00:00:00Z');
      await write(`team-/a/seen/${id(2)}.tar.zst`);
      deny(isListing);
      expect(await backupById(store, OWNER, id(1))).toMatchObject({ hasSidecar: true, startedAt: new Date('2026-11-03') });
      expect(await backupById(store, OWNER, id(2))).toMatchObject({ compression: 'zstd', hasSidecar: false });
      expect(await backupById(store, OWNER, id(3))).toBeUndefined();
      await expect(latestBackup(store, OWNER)).rejects.toMatchObject({ kind: 'denied' });
    });

    it('are found by id when the store returns 403 for a missing object', async () => {
      await write(`team-/a/seen/${id(2)}.tar.zst`);
      deny((asked) => isListing(asked) || (isHead(asked) && !asked.url.includes('.tar.zst')));
      expect(await backupById(store, OWNER, id(2))).toMatchObject({ compression: 'zstd', hasSidecar: false });
      servers.proxy.clear();
      deny((asked) => isListing(asked) || isHead(asked));
      await expect(backupById(store, OWNER, id(2))).rejects.toMatchObject({ kind: 'denied' });
    });

    it('are listed without permission to read sidecars, with a denial', async () => {
      for (let number = 1; number <= 20; number++) await writeBackup(number, '2026-11-03T00:00:00Z');
      deny(isSidecar);
      const { backups, denial } = await backupListing(store, OWNER);
      expect(backups).toHaveLength(20);
      expect(backups[0]).toMatchObject({ hasSidecar: true, sidecar: undefined });
      expect(denial).toMatchObject({ kind: 'denied' });
      // The requests in progress at the first denial.
      expect(servers.proxy.requests.filter((request) => request.startsWith('GET') && request.includes('.json')).length).toBeLessThanOrEqual(
        8,
      );
    });

    it('are listed when only the current location may be read', async () => {
      deny(({ url }) => url.includes('prefix=team-a%2F'));
      expect(await listBackups(store, OWNER)).toEqual([]);
    });
  });

  it('that cannot be read for another reason fail the listing', async () => {
    await writeBackup(1, '2026-11-03T00:00:00Z');
    servers.proxy.add({ fault: { kind: 'answer', status: 503 }, strikes: isSidecar });
    await expect(listBackups(store, OWNER)).rejects.toMatchObject({ kind: 'server' });
  });
});
