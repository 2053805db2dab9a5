import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clockAhead, objectPath, storedKeys } from '../tool.ts';
import type { FaultyStoreWorld } from '../use-faulty-store.ts';
import { DAY_MS, HOUR_MS, id, type StoredBackups } from './stored-backups.ts';

/** Tests of the backup that counts as the newest. */
export function latestCases(world: FaultyStoreWorld, { put, backedUp, daysAgo, setModified, age, archives }: StoredBackups): void {
  it('uses the start times of backups after copying made all times of the store equal', async () => {
    for (const number of [3, 1, 2, 4]) await backedUp(number, daysAgo(number));
    const copied = new Date();
    for (const number of [1, 2, 3, 4]) for (const ending of ['tar.gz', 'json']) setModified(`chat/seen/${id(number)}.${ending}`, copied);
    expect(await world.tool.run(['prune', '--keep-last', '2'], world.env())).toMatchObject({ code: 0, result: { kept: [id(1), id(2)] } });
    expect(storedKeys(world.s3)).toEqual([1, 2].flatMap((number) => [`${id(number)}.json`, `${id(number)}.tar.gz`]));
  });

  it('keeps the backup just made even if clock skew makes it the oldest', async () => {
    writeFileSync(`${world.volume}/file`, 'content');
    for (const number of [1, 2, 3]) await backedUp(number, new Date(Date.now() + number * HOUR_MS), { uncompressedBytes: 7 });
    const made = await world.tool.run(['backup'], world.env({ BACKUP_KEEP_LAST: '1' }));
    expect(made.code).toBe(0);
    expect(archives()).toEqual([id(3), made.result.id].toSorted());
  });

  it('keeps the backup of a machine whose clock is years behind, and latest resolves to it', async () => {
    writeFileSync(`${world.volume}/file`, 'old');
    // The times of the store are whole seconds: backups of the same second could change places.
    const { result } = await world.tool.run(['backup'], world.env({ NODE_OPTIONS: clockAhead(-10) }));
    age(`chat/seen/${result.id}.tar.gz`, 1);
    writeFileSync(`${world.volume}/file`, 'new');
    const made = await world.tool.run(['backup'], world.env({ NODE_OPTIONS: clockAhead(-2 * 365 * 24 * 60) }));
    expect(made).toMatchObject({
      code: 0,
      result: { warnings: [expect.stringContaining('the clocks of this machine and of the store differ')] },
    });
    await world.tool.run(['prune', '--keep-last', '1'], world.env());
    expect(archives()).toEqual([made.result.id]);
    expect(await world.tool.run(['restore'], world.env())).toMatchObject({ code: 0, result: { id: made.result.id } });
    expect(readFileSync(`${world.volume}/file`, 'utf8')).toBe('new');
  });

  it('does not treat a backup of a machine whose clock was years ahead as the newest', async () => {
    await backedUp(1, new Date(Date.now() + 3650 * DAY_MS));
    await backedUp(2, daysAgo(1));
    age(`chat/seen/${id(1)}.tar.gz`, 2);
    expect(await world.tool.run(['prune', '--keep-last', '1'], world.env())).toMatchObject({
      code: 0,
      result: { kept: [id(2)], removed: [id(1)] },
    });
  });

  it('records the time of the store for a backup of a machine whose clock is hours or years ahead', async () => {
    for (const hours of [2, 3 * 365 * 24, -2]) {
      const made = await world.tool.run(['backup'], world.env({ NODE_OPTIONS: clockAhead(hours * 60) }));
      expect(made.result.warnings).toContainEqual(expect.stringContaining('the clocks of this machine and of the store differ'));
      const { startedAt } = JSON.parse(readFileSync(objectPath(world.s3, `chat/seen/${made.result.id}.json`), 'utf8')) as {
        startedAt: string;
      };
      expect(Math.abs(Date.parse(startedAt) - Date.now())).toBeLessThan(HOUR_MS);
    }
  });

  it('uses the clock of the store for ages on a machine whose clock is days ahead', async () => {
    for (const number of [1, 2, 3]) await backedUp(number, daysAgo(number));
    for (const number of [4, 5, 6]) await put(`chat/seen/${id(number)}.tar.gz`, 'an upload that may not have finished');
    await put(`chat/seen/${id(7)}.verified.json`, '{}');
    const before = storedKeys(world.s3);
    const ahead = world.env({ NODE_OPTIONS: clockAhead(30 * 24 * 60) });
    expect(await world.tool.run(['prune', '--keep-last', '1', '--min-age-hours', '96'], ahead)).toMatchObject({
      code: 0,
      result: { removed: [] },
    });
    expect(storedKeys(world.s3)).toEqual(before);
  });

  it('ignores a backup whose sidecar no restore can read, and resolves latest to another', async () => {
    writeFileSync(`${world.volume}/file`, 'content');
    const { result } = await world.tool.run(['backup'], world.env());
    await backedUp(1, new Date(Date.now() + HOUR_MS), { sha256: 'x' });
    setModified(`chat/seen/${id(1)}.tar.gz`, new Date(Date.now() + HOUR_MS));
    expect(await world.tool.run(['prune', '--keep-last', '1'], world.env())).toMatchObject({ code: 0, result: { removed: [] } });
    expect(await world.tool.run(['restore'], world.env())).toMatchObject({
      code: 0,
      result: { id: result.id, warnings: [expect.stringContaining('its sidecar has no valid sha256')] },
    });
  });

  it('restores a doubtful backup with a warning', async () => {
    const file = `${world.volume}/file`;
    writeFileSync(file, 'x'.repeat(1000));
    await world.tool.run(['backup'], world.env());
    writeFileSync(file, 'x');
    const small = await world.tool.run(['backup'], world.env());
    expect((await world.tool.run(['restore'], world.env())).result.warnings).toEqual([
      expect.stringMatching(`${small.result.id}.* does not count as good: it contains 1 bytes, less than a tenth of the 1000 bytes`),
    ]);
    rmSync(file);
    const empty = await world.tool.run(['backup'], world.env());
    const warnings = [expect.stringMatching(`${empty.result.id}.* does not count as good: it is empty`)];
    for (const more of [{}, { RESTORE_BACKUP_ID: empty.result.id }]) {
      expect((await world.tool.run(['restore'], world.env(more))).result.warnings).toEqual(warnings);
      expect((await world.tool.run(['verify'], world.env(more))).result.warnings).toEqual(warnings);
    }
  });

  it('restores the newest backup not known to be damaged, and reports the newer ones passed over', async () => {
    writeFileSync(`${world.volume}/file`, 'first');
    const first = await world.tool.run(['backup'], world.env());
    writeFileSync(`${world.volume}/file`, 'second');
    const second = await world.tool.run(['backup'], world.env());
    await put(`chat/seen/${second.result.id}.failed.json`, '{}');
    await put(`chat/seen/${id(3)}.tar.gz`, 'an upload that did not finish');
    // The server's times have a resolution of a second.
    age(`chat/seen/${id(3)}.tar.gz`, -1);
    const restored = await world.tool.run(['restore'], world.env({ RESTORE_CLEAN: 'true' }));
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
    expect(readFileSync(`${world.volume}/file`, 'utf8')).toBe('first');
    const chosen = await world.tool.run(['restore'], world.env({ RESTORE_BACKUP_ID: second.result.id }));
    expect(chosen).toMatchObject({
      code: 0,
      result: { warnings: [expect.stringContaining('failed its last verification')] },
    });
    expect((await world.tool.run(['list'], world.env())).result['backups']).toMatchObject([
      { id: id(3), complete: false, doubt: expect.stringContaining('no sidecar') },
      { id: second.result.id, complete: true, verification: 'Failed' },
      { id: first.result.id, complete: true },
    ]);
  });
}
