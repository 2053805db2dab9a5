import { rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { objectPath, storedKeys } from '../tool.ts';
import type { FaultyStoreWorld } from '../use-faulty-store.ts';
import { id, type StoredBackups } from './stored-backups.ts';

/** Tests of the objects that are removed, and of their order. */
export function removalCases(world: FaultyStoreWorld, { put, backedUp, daysAgo, age, archives }: StoredBackups): void {
  it('keeps good backups in addition to one of a suddenly empty volume, and reports it', async () => {
    for (let day = 0; day < 10; day++) await backedUp(10 - day, daysAgo(60 + day));
    const made = await world.tool.run(['backup'], world.env({ BACKUP_KEEP_DAILY: '7' }));
    expect(made).toMatchObject({
      code: 0,
      result: { doubt: expect.stringContaining('it is empty'), warnings: [expect.stringContaining('does not count as good')] },
    });
    expect(archives()).toEqual([...[4, 5, 6, 7, 8, 9, 10].map(id), made.result.id].toSorted());
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
    expect((await world.tool.run(['prune', '--keep-daily', '2'], world.env())).code).toBe(0);
    expect(storedKeys(world.s3)).toEqual([
      ...[1, 2].flatMap((number) => [`${id(number)}.json`, `${id(number)}.tar.gz`]),
      ...[3, 4].map((number) => `${id(number)}.tar.gz`),
    ]);
  });

  it("never touches another store's backups under the unseparated prefix of earlier releases", async () => {
    for (const number of [1, 2, 3]) await backedUp(number, daysAgo(number), { beginning: 'team-a/seen/' });
    await put(`team-a/seen/${id(9)}.verified.json`, '{}');
    age(`team-a/seen/${id(9)}.verified.json`, 9);
    const other = world.env({ S3_PREFIX: 'team-', BACKUP_NAMESPACE: 'a' });
    const nothing = await world.tool.run(['prune', '--keep-last', '1'], other);
    expect(nothing).toMatchObject({
      code: 0,
      result: { removed: [], warnings: [expect.stringContaining('team-a/seen/, the location of releases before 3.0')] },
    });
    await backedUp(7, daysAgo(7), { beginning: 'team-/a/seen/' });
    await backedUp(8, daysAgo(8), { beginning: 'team-/a/seen/' });
    expect(await world.tool.run(['prune', '--keep-last', '1'], other)).toMatchObject({
      code: 0,
      result: { kept: [id(7)], removed: [id(8)] },
    });
    expect(storedKeys(world.s3, 'team-a/seen')).toHaveLength(7);
    expect((await world.tool.run(['list'], other)).result['backups']).toEqual([expect.objectContaining({ id: id(7) })]);
  });

  it('lists backups of earlier releases with a notice while there are no others', async () => {
    await put(`team-a/seen/${id(1)}.tar.gz`, 'archive');
    const listed = await world.tool.run(['list'], world.env({ S3_PREFIX: 'team-', BACKUP_NAMESPACE: 'a' }));
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
    expect(await world.tool.run(['prune', '--keep-last', '1'], world.env())).toMatchObject({ code: 0, result: { removed: [id(2)] } });
    expect(storedKeys(world.s3)).toEqual([...foreign, `${id(1)}.json`, `${id(1)}.tar.gz`].toSorted());
  });

  it('counts archives without a sidecar separately, and keeps those whose sidecar may still be uploaded', async () => {
    for (const number of [1, 2, 3]) await backedUp(number, daysAgo(number * 10));
    for (const number of [4, 5, 6]) await put(`chat/seen/${id(number)}.tar.gz`, 'archive');
    for (const number of [5, 6]) age(`chat/seen/${id(number)}.tar.gz`, number - 3);
    expect(await world.tool.run(['prune', '--keep-last', '1'], world.env())).toMatchObject({ code: 0, result: { kept: [id(4), id(1)] } });
    await put(`chat/seen/${id(5)}.tar.gz`, 'archive');
    await put(`chat/seen/${id(6)}.tar.gz`, 'archive');
    expect((await world.tool.run(['prune', '--keep-last', '1'], world.env())).result['removed']).toEqual([]);
  });

  it('rejects rules that are all 0', async () => {
    await backedUp(1, daysAgo(1));
    expect(await world.tool.run(['prune', '--keep-daily', '0'], world.env())).toMatchObject({
      code: 64,
      result: { error: expect.stringContaining('0 disables a rule') },
    });
    expect(archives()).toEqual([id(1)]);
  });

  it('removes the others when one removal is denied, and retries all the next time', async () => {
    for (const number of [1, 2, 3, 4]) await backedUp(number, daysAgo(number));
    const deny = () =>
      world.proxy.add({
        fault: { kind: 'answer', status: 403, body: '<Error><Code>AccessDenied</Code><Message>locked</Message></Error>' },
        strikes: ({ method, url }) => method === 'DELETE' && url.includes(id(3)),
        times: 100,
      });
    deny();
    const pruned = await world.tool.run(['prune', '--keep-last', '1'], world.env());
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
    expect(storedKeys(world.s3)).toContain(`${id(3)}.json`);
    writeFileSync(`${world.volume}/file`, 'x'.repeat(1000));
    expect(await world.tool.run(['backup'], world.env({ BACKUP_KEEP_LAST: '1' }))).toMatchObject({
      code: 0,
      result: { warnings: [expect.stringContaining(`${id(3)}.tar.gz could not be removed`)] },
    });
  });

  it('removes records that have been without an archive for a day', async () => {
    await backedUp(1, daysAgo(1));
    for (const ending of ['json', 'hold.json', 'failed.json']) await put(`chat/seen/${id(2)}.${ending}`, '{}');
    await put(`chat/seen/${id(3)}.json`, '{}');
    for (const ending of ['json', 'hold.json', 'failed.json']) age(`chat/seen/${id(2)}.${ending}`, 2);
    expect((await world.tool.run(['prune', '--keep-last', '1'], world.env())).code).toBe(0);
    expect(storedKeys(world.s3)).toEqual([`${id(1)}.json`, `${id(1)}.tar.gz`, `${id(3)}.json`]);
  });

  it('keeps held backups until they are released', async () => {
    for (const number of [1, 2, 3]) await backedUp(number, daysAgo(number));
    expect(await world.tool.run(['hold', id(3)], world.env())).toMatchObject({ code: 0, result: { id: id(3), held: true } });
    expect((await world.tool.run(['prune', '--keep-last', '1'], world.env())).result['removed']).toEqual([id(2)]);
    expect((await world.tool.run(['list'], world.env())).result['backups']).toMatchObject([{ held: false }, { id: id(3), held: true }]);
    expect(await world.tool.run(['release', id(3)], world.env())).toMatchObject({ code: 0, result: { held: false } });
    expect((await world.tool.run(['prune', '--keep-last', '1'], world.env())).result['removed']).toEqual([id(3)]);
    expect(storedKeys(world.s3)).toEqual([`${id(1)}.json`, `${id(1)}.tar.gz`]);
    expect(await world.tool.run(['hold', id(3)], world.env())).toMatchObject({ code: 66 });
    expect(await world.tool.run(['hold', 'latest'], world.env())).toMatchObject({ code: 64 });
  });

  it('requires permission to list and to read sidecars', async () => {
    for (const number of [1, 2]) await backedUp(number, daysAgo(number));
    for (const [url, right] of [
      ['.json', 's3:GetObject'],
      ['list-type', 's3:ListBucket'],
    ] as const) {
      world.proxy.clear();
      world.proxy.add({
        fault: { kind: 'answer', status: 403 },
        strikes: (asked) => asked.method === 'GET' && asked.url.includes(url),
        times: 99,
      });
      expect(await world.tool.run(['prune', '--keep-last', '1'], world.env())).toMatchObject({
        code: 77,
        result: { error: expect.stringContaining(right) },
      });
    }
    expect(archives()).toEqual([id(1), id(2)]);
  });

  it('fails a backup whose archive was removed before its sidecar was written', async () => {
    writeFileSync(`${world.volume}/file`, 'content');
    // Simulates a concurrent prune: the archive is removed when the sidecar is written.
    const isSidecar = ({ method, url }: { readonly method: string; readonly url: string }) => {
      if (method !== 'PUT' || !url.includes('.json')) return false;
      for (const archive of archives()) rmSync(objectPath(world.s3, `chat/seen/${archive}.tar.gz`));
      return false;
    };
    world.proxy.add({ fault: { kind: 'reset' }, strikes: isSidecar });
    const made = await world.tool.run(['backup'], world.env());
    expect(made).toMatchObject({ code: 1, result: { error: expect.stringContaining('was removed before its sidecar was written') } });
    expect(storedKeys(world.s3)).toEqual([]);
  });

  it('keeps a backup that is held between the listing and the removal', async () => {
    for (const number of [1, 2]) await backedUp(number, daysAgo(number));
    const isSecondListing = ({ url }: { readonly url: string }) => {
      if (url.includes(`prefix=chat%2Fseen%2F${id(2)}`)) writeFileSync(objectPath(world.s3, `chat/seen/${id(2)}.hold.json`), '{}');
      return false;
    };
    world.proxy.add({ fault: { kind: 'reset' }, strikes: isSecondListing });
    expect((await world.tool.run(['prune', '--keep-last', '1'], world.env())).result['removed']).toEqual([]);
    expect(archives()).toEqual([id(1), id(2)]);
  });
}
