import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { Store } from '@eeveebot/object-store';
import { type FaultProxy, type S3Server, startFaultProxy, startS3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, clockAhead, jobEnvironment, objectPath, storedKeys, Tool } from './tool.ts';
import { TemporaryFolder } from './trees.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Ids in the order of their number. */
const id = (number: number): string => `0d7b6a54-6f6c-4f5e-9c43-${String(number).padStart(12, '0')}`;

describe('prune', () => {
  let s3: S3Server;
  let proxy: FaultProxy;
  let store: Store;
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;
  const env = (more: Record<string, string> = {}) =>
    jobEnvironment({ endpoint: proxy.endpoint, credentials: s3.credentials }, volume, more);

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    proxy = await startFaultProxy(s3.port);
    tool = new Tool();
    folder = new TemporaryFolder();
    const { endpoint, region, credentials } = s3;
    store = await Store.open({ endpoint, region, credentials, bucket: BUCKET, pathStyle: true, signatureV2: false });
  });
  afterAll(async () => {
    store?.close();
    folder?.[Symbol.dispose]();
    tool?.[Symbol.dispose]();
    await proxy?.[Symbol.asyncDispose]();
    await s3?.stop();
  });
  beforeEach(() => {
    proxy.clear();
    rmSync(objectPath(s3, ''), { recursive: true, force: true });
    mkdirSync(objectPath(s3, ''));
    volume = folder.at('data');
    rmSync(volume, { recursive: true, force: true });
    mkdirSync(volume);
  });

  const put = (key: string, text: string) => store.put(key, Buffer.from(text), { contentType: 'application/octet-stream' });
  /** Stores a complete backup of 1,000 bytes according to its sidecar. */
  const backedUp = async (
    number: number,
    startedAt: Date,
    { beginning = 'chat/seen/', ...more }: Readonly<Record<string, unknown>> = {},
  ) => {
    const sidecar = {
      ...{ version: 1, sha256: 'a'.repeat(64), sizeBytes: 7, uncompressedBytes: 1000, files: 5, startedAt: startedAt.toISOString() },
      ...{ durationSeconds: 1, warnings: [], tool: 'eevee-backup 3.0.0', ...more },
    };
    await put(`${String(beginning)}${id(number)}.tar.gz`, 'archive');
    await put(`${String(beginning)}${id(number)}.json`, JSON.stringify(sidecar));
  };
  const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
  const setModified = (key: string, time: Date) => utimesSync(objectPath(s3, key), time, time);
  const age = (key: string, days: number) => setModified(key, daysAgo(days));
  const archives = (prefix?: string) =>
    storedKeys(s3, prefix)
      .filter((key) => key.endsWith('.tar.gz'))
      .map((key) => key.slice(0, 36));

  it('keeps good backups in addition to one of a suddenly empty volume, and reports it', async () => {
    for (let day = 0; day < 10; day++) await backedUp(10 - day, daysAgo(60 + day));
    const made = await tool.run(['backup'], env({ BACKUP_KEEP_DAILY: '7' }));
    expect(made).toMatchObject({
      code: 0,
      result: { doubt: expect.stringContaining('it is empty'), warnings: [expect.stringContaining('does not count as good')] },
    });
    expect(archives()).toEqual([...[4, 5, 6, 7, 8, 9, 10].map(id), made.result.id].toSorted());
  });

  it('uses the start times of backups after copying made all times of the store equal', async () => {
    for (const number of [3, 1, 2, 4]) await backedUp(number, daysAgo(number));
    const copied = new Date();
    for (const number of [1, 2, 3, 4]) for (const ending of ['tar.gz', 'json']) setModified(`chat/seen/${id(number)}.${ending}`, copied);
    expect(await tool.run(['prune', '--keep-last', '2'], env())).toMatchObject({ code: 0, result: { kept: [id(1), id(2)] } });
    expect(storedKeys(s3)).toEqual([1, 2].flatMap((number) => [`${id(number)}.json`, `${id(number)}.tar.gz`]));
  });

  it('keeps the backup just made even if clock skew makes it the oldest', async () => {
    writeFileSync(`${volume}/file`, 'content');
    for (const number of [1, 2, 3]) await backedUp(number, new Date(Date.now() + number * HOUR_MS), { uncompressedBytes: 7 });
    const made = await tool.run(['backup'], env({ BACKUP_KEEP_LAST: '1' }));
    expect(made.code).toBe(0);
    expect(archives()).toEqual([id(3), made.result.id].toSorted());
  });

  it('keeps the backup of a machine whose clock is years behind, and latest resolves to it', async () => {
    writeFileSync(`${volume}/file`, 'old');
    const { result } = await tool.run(['backup'], env());
    age(`chat/seen/${result.id}.tar.gz`, 1);
    writeFileSync(`${volume}/file`, 'new');
    const made = await tool.run(['backup'], env({ NODE_OPTIONS: clockAhead(-2 * 365 * 24 * 60) }));
    expect(made).toMatchObject({ code: 0, result: { warnings: [expect.stringContaining('the clock of this machine is wrong')] } });
    await tool.run(['prune', '--keep-last', '1'], env());
    expect(archives()).toEqual([made.result.id]);
    expect(await tool.run(['restore'], env())).toMatchObject({ code: 0, result: { id: made.result.id } });
    expect(readFileSync(`${volume}/file`, 'utf8')).toBe('new');
  });

  it('does not treat a backup of a machine whose clock was years ahead as the newest', async () => {
    await backedUp(1, new Date(Date.now() + 3650 * DAY_MS));
    await backedUp(2, daysAgo(1));
    age(`chat/seen/${id(1)}.tar.gz`, 2);
    expect(await tool.run(['prune', '--keep-last', '1'], env())).toMatchObject({ code: 0, result: { kept: [id(2)], removed: [id(1)] } });
  });

  it('ignores a backup whose sidecar no restore can read, and resolves latest to another', async () => {
    writeFileSync(`${volume}/file`, 'content');
    const { result } = await tool.run(['backup'], env());
    await backedUp(1, new Date(Date.now() + HOUR_MS), { sha256: 'x' });
    setModified(`chat/seen/${id(1)}.tar.gz`, new Date(Date.now() + HOUR_MS));
    expect(await tool.run(['prune', '--keep-last', '1'], env())).toMatchObject({ code: 0, result: { removed: [] } });
    expect(await tool.run(['restore'], env())).toMatchObject({
      code: 0,
      result: { id: result.id, warnings: [expect.stringContaining('its sidecar has no valid sha256')] },
    });
  });

  it('removes one of two archives with the same id without their shared records', async () => {
    await backedUp(1, daysAgo(5));
    await backedUp(2, daysAgo(1));
    await put(`chat/seen/${id(1)}.tar.zst`, 'recompressed');
    age(`chat/seen/${id(1)}.tar.gz`, 5);
    age(`chat/seen/${id(1)}.tar.zst`, 4);
    // These make the rule remove other incomplete archives.
    for (const number of [3, 4]) await put(`chat/seen/${id(number)}.tar.gz`, 'archive');
    for (const number of [3, 4]) age(`chat/seen/${id(number)}.tar.gz`, number - 1);
    expect((await tool.run(['prune', '--keep-daily', '2'], env())).code).toBe(0);
    expect(storedKeys(s3)).toEqual([
      ...[1, 2].flatMap((number) => [`${id(number)}.json`, `${id(number)}.tar.gz`]),
      ...[3, 4].map((number) => `${id(number)}.tar.gz`),
    ]);
  });

  it("never touches another store's backups under the unseparated prefix of earlier releases", async () => {
    for (const number of [1, 2, 3]) await backedUp(number, daysAgo(number), { beginning: 'team-a/seen/' });
    await put(`team-a/seen/${id(9)}.verified.json`, '{}');
    age(`team-a/seen/${id(9)}.verified.json`, 9);
    const other = env({ S3_PREFIX: 'team-', BACKUP_NAMESPACE: 'a' });
    const nothing = await tool.run(['prune', '--keep-last', '1'], other);
    expect(nothing).toMatchObject({
      code: 0,
      result: { removed: [], warnings: [expect.stringContaining('team-a/seen/, the location of releases before 3.0')] },
    });
    await backedUp(7, daysAgo(7), { beginning: 'team-/a/seen/' });
    await backedUp(8, daysAgo(8), { beginning: 'team-/a/seen/' });
    expect(await tool.run(['prune', '--keep-last', '1'], other)).toMatchObject({ code: 0, result: { kept: [id(7)], removed: [id(8)] } });
    expect(storedKeys(s3, 'team-a/seen')).toHaveLength(7);
    expect((await tool.run(['list'], other)).result['backups']).toEqual([expect.objectContaining({ id: id(7) })]);
  });

  it('lists backups of earlier releases with a notice while there are no others', async () => {
    await put(`team-a/seen/${id(1)}.tar.gz`, 'archive');
    const listed = await tool.run(['list'], env({ S3_PREFIX: 'team-', BACKUP_NAMESPACE: 'a' }));
    expect(listed.result).toMatchObject({
      backups: [{ id: id(1), complete: false }],
      warnings: [expect.stringContaining('the location of releases before 3.0')],
    });
  });

  it('removes only objects of the tool', async () => {
    for (const number of [1, 2]) await backedUp(number, daysAgo(number));
    const foreign = [
      'database.tar.gz',
      'database.json',
      `${id(3)}.tar.gz.part`,
      `${id(3)}-old.tar.gz`,
      `${id(3)}.tar.gz\n`,
      `${id(2)}.tar.gz\n`,
    ];
    for (const name of foreign) {
      await put(`chat/seen/${name}`, 'mine');
      age(`chat/seen/${name}`, 100);
    }
    expect(await tool.run(['prune', '--keep-last', '1'], env())).toMatchObject({ code: 0, result: { removed: [id(2)] } });
    expect(storedKeys(s3)).toEqual([...foreign, `${id(1)}.json`, `${id(1)}.tar.gz`].toSorted());
  });

  it('counts archives without a sidecar separately, and keeps those whose sidecar may still be uploaded', async () => {
    for (const number of [1, 2, 3]) await backedUp(number, daysAgo(number * 10));
    for (const number of [4, 5, 6]) await put(`chat/seen/${id(number)}.tar.gz`, 'archive');
    for (const number of [5, 6]) age(`chat/seen/${id(number)}.tar.gz`, number - 3);
    expect(await tool.run(['prune', '--keep-last', '1'], env())).toMatchObject({ code: 0, result: { kept: [id(4), id(1)] } });
    await put(`chat/seen/${id(5)}.tar.gz`, 'archive');
    await put(`chat/seen/${id(6)}.tar.gz`, 'archive');
    expect((await tool.run(['prune', '--keep-last', '1'], env())).result['removed']).toEqual([]);
  });

  it('rejects rules that are all 0', async () => {
    await backedUp(1, daysAgo(1));
    expect(await tool.run(['prune', '--keep-daily', '0'], env())).toMatchObject({
      code: 64,
      result: { error: expect.stringContaining('0 disables a rule') },
    });
    expect(archives()).toEqual([id(1)]);
  });

  it('removes the others when one removal is denied, and retries all the next time', async () => {
    for (const number of [1, 2, 3, 4]) await backedUp(number, daysAgo(number));
    const deny = () =>
      proxy.add({
        fault: { kind: 'answer', status: 403, body: '<Error><Code>AccessDenied</Code><Message>locked</Message></Error>' },
        strikes: ({ method, url }) => method === 'DELETE' && url.includes(id(3)),
        times: 100,
      });
    deny();
    const pruned = await tool.run(['prune', '--keep-last', '1'], env());
    expect(pruned).toMatchObject({
      code: 77,
      result: {
        removed: [id(4), id(2)],
        notRemoved: [id(3)],
        kept: [id(1), id(3)],
        warnings: [expect.stringContaining('s3:DeleteObject')],
      },
    });
    expect(archives()).toEqual([id(1), id(3)]);
    // The remaining archive is still a complete backup.
    expect(storedKeys(s3)).toContain(`${id(3)}.json`);
    writeFileSync(`${volume}/file`, 'x'.repeat(1000));
    expect(await tool.run(['backup'], env({ BACKUP_KEEP_LAST: '1' }))).toMatchObject({
      code: 0,
      result: { warnings: [expect.stringContaining(`${id(3)}.tar.gz could not be removed`)] },
    });
  });

  it('removes records that have been without an archive for a day', async () => {
    await backedUp(1, daysAgo(1));
    for (const ending of ['json', 'hold.json', 'failed.json']) await put(`chat/seen/${id(2)}.${ending}`, '{}');
    await put(`chat/seen/${id(3)}.json`, '{}');
    for (const ending of ['json', 'hold.json', 'failed.json']) age(`chat/seen/${id(2)}.${ending}`, 2);
    expect((await tool.run(['prune', '--keep-last', '1'], env())).code).toBe(0);
    expect(storedKeys(s3)).toEqual([`${id(1)}.json`, `${id(1)}.tar.gz`, `${id(3)}.json`]);
  });

  it('keeps held backups until they are released', async () => {
    for (const number of [1, 2, 3]) await backedUp(number, daysAgo(number));
    expect(await tool.run(['hold', id(3)], env())).toMatchObject({ code: 0, result: { id: id(3), held: true } });
    expect((await tool.run(['prune', '--keep-last', '1'], env())).result['removed']).toEqual([id(2)]);
    expect((await tool.run(['list'], env())).result['backups']).toMatchObject([{ held: false }, { id: id(3), held: true }]);
    expect(await tool.run(['release', id(3)], env())).toMatchObject({ code: 0, result: { held: false } });
    expect((await tool.run(['prune', '--keep-last', '1'], env())).result['removed']).toEqual([id(3)]);
    expect(storedKeys(s3)).toEqual([`${id(1)}.json`, `${id(1)}.tar.gz`]);
    expect(await tool.run(['hold', id(3)], env())).toMatchObject({ code: 66 });
    expect(await tool.run(['hold', 'latest'], env())).toMatchObject({ code: 64 });
  });

  it('requires permission to list and to read sidecars', async () => {
    for (const number of [1, 2]) await backedUp(number, daysAgo(number));
    for (const [url, right] of [
      ['.json', 's3:GetObject'],
      ['list-type', 's3:ListBucket'],
    ] as const) {
      proxy.clear();
      proxy.add({
        fault: { kind: 'answer', status: 403 },
        strikes: (asked) => asked.method === 'GET' && asked.url.includes(url),
        times: 99,
      });
      expect(await tool.run(['prune', '--keep-last', '1'], env())).toMatchObject({
        code: 77,
        result: { error: expect.stringContaining(right) },
      });
    }
    expect(archives()).toEqual([id(1), id(2)]);
  });

  it('fails a backup whose archive was removed before its sidecar was written', async () => {
    writeFileSync(`${volume}/file`, 'content');
    // Simulates a concurrent prune: the archive is removed when the sidecar is written.
    const isSidecar = ({ method, url }: { readonly method: string; readonly url: string }) => {
      if (method !== 'PUT' || !url.includes('.json')) return false;
      for (const archive of archives()) rmSync(objectPath(s3, `chat/seen/${archive}.tar.gz`));
      return false;
    };
    proxy.add({ fault: { kind: 'reset' }, strikes: isSidecar });
    const made = await tool.run(['backup'], env());
    expect(made).toMatchObject({ code: 1, result: { error: expect.stringContaining('was removed before its sidecar was written') } });
    expect(storedKeys(s3)).toEqual([]);
  });

  it('keeps a backup that is held between the listing and the removal', async () => {
    for (const number of [1, 2]) await backedUp(number, daysAgo(number));
    const isSecondListing = ({ url }: { readonly url: string }) => {
      if (url.includes(`prefix=chat%2Fseen%2F${id(2)}`)) writeFileSync(objectPath(s3, `chat/seen/${id(2)}.hold.json`), '{}');
      return false;
    };
    proxy.add({ fault: { kind: 'reset' }, strikes: isSecondListing });
    expect((await tool.run(['prune', '--keep-last', '1'], env())).result['removed']).toEqual([]);
    expect(archives()).toEqual([id(1), id(2)]);
  });

  it('restores a doubtful backup with a warning', async () => {
    const file = `${volume}/file`;
    writeFileSync(file, 'x'.repeat(1000));
    await tool.run(['backup'], env());
    writeFileSync(file, 'x');
    const small = await tool.run(['backup'], env());
    expect((await tool.run(['restore'], env())).result.warnings).toEqual([
      expect.stringMatching(`${small.result.id}.* does not count as good: it contains 1 bytes, less than a tenth of the 1000 bytes`),
    ]);
    rmSync(file);
    const empty = await tool.run(['backup'], env());
    const warnings = [expect.stringMatching(`${empty.result.id}.* does not count as good: it is empty`)];
    for (const more of [{}, { RESTORE_BACKUP_ID: empty.result.id }]) {
      expect((await tool.run(['restore'], env(more))).result.warnings).toEqual(warnings);
      expect((await tool.run(['verify'], env(more))).result.warnings).toEqual(warnings);
    }
  });

  it('restores the newest backup not known to be damaged, and reports the newer ones passed over', async () => {
    writeFileSync(`${volume}/file`, 'first');
    const first = await tool.run(['backup'], env());
    writeFileSync(`${volume}/file`, 'second');
    const second = await tool.run(['backup'], env());
    await put(`chat/seen/${second.result.id}.failed.json`, '{}');
    await put(`chat/seen/${id(3)}.tar.gz`, 'an upload that did not finish');
    // The server's times have a resolution of a second.
    age(`chat/seen/${id(3)}.tar.gz`, -1);
    const restored = await tool.run(['restore'], env({ RESTORE_CLEAN: 'true' }));
    expect(restored).toMatchObject({
      code: 0,
      result: {
        id: first.result.id,
        warnings: [
          expect.stringMatching(`backup ${id(3)} .* was passed over: it has no sidecar`),
          expect.stringMatching(`backup ${second.result.id} .* was passed over: its last verification failed`),
        ],
      },
    });
    expect(readFileSync(`${volume}/file`, 'utf8')).toBe('first');
    const chosen = await tool.run(['restore'], env({ RESTORE_BACKUP_ID: second.result.id }));
    expect(chosen).toMatchObject({
      code: 0,
      result: { warnings: [expect.stringContaining('failed its last verification')] },
    });
    expect((await tool.run(['list'], env())).result['backups']).toMatchObject([
      { id: id(3), complete: false, doubt: expect.stringContaining('no sidecar') },
      { id: second.result.id, complete: true, verification: 'Failed' },
      { id: first.result.id, complete: true },
    ]);
  });
});
