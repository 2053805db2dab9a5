import { describe, expect, it } from 'vitest';
import { MINUTE_MS, remind, START, tidy, useSchedulerWorld } from '../../test/scheduler-world.ts';
import type { Verdict } from './claims.ts';

const world = useSchedulerWorld();

describe('a schedule', () => {
  it('runs entries in the order of their times', async () => {
    const scheduler = world.started();
    scheduler.after('3m', remind, { payload: 'c' });
    scheduler.at(new Date(START + MINUTE_MS), remind, { payload: 'a' });
    scheduler.after(2 * MINUTE_MS, remind, { payload: 'b' });
    await world.pass(scheduler, 2);
    expect(world.ran).toEqual(['1 remind a 1', '2 remind b 1']);
    await world.pass(scheduler, 1);
    expect(world.ran.slice(2)).toEqual(['3 remind c 1']);
    expect(scheduler.list()).toEqual([]);
  });

  it('runs an entry that is due already, and one that is years away', async () => {
    const scheduler = world.started();
    scheduler.at(new Date(0), remind, { payload: 'past' });
    scheduler.at(new Date(START + 5 * 365 * 1440 * MINUTE_MS), remind, { payload: 'far' });
    await world.pass(scheduler, 0);
    expect(world.ran).toEqual(['0 remind past 1']);
    await world.pass(scheduler, 5 * 365 * 1440);
    expect(world.ran.slice(1)).toEqual([`${5 * 365 * 1440} remind far 1`]);
  });

  it('replaces an entry of the same key, and cancels one', async () => {
    const scheduler = world.started();
    scheduler.after('1m', remind, { key: 'k', payload: 'first' });
    scheduler.after('2m', remind, { key: 'k', payload: 'second' });
    const key = scheduler.after('2m', remind, { payload: 'cancelled' });
    expect(
      scheduler
        .list(remind)
        .map(({ payload }) => payload)
        .toSorted(),
    ).toEqual(['cancelled', 'second']);
    expect([scheduler.cancel(remind, key), scheduler.cancel(remind, key)]).toEqual([true, false]);
    await world.pass(scheduler, 5);
    expect(world.ran).toEqual(['2 remind second 1']);
  });

  it('runs recurring entries again and again', async () => {
    const scheduler = world.started();
    scheduler.every('2m', tidy);
    scheduler.cron('*/3 * * * *', remind, { payload: 'cron' });
    await world.pass(scheduler, 6);
    expect(world.ran).toEqual(['2 tidy undefined 1', '3 remind cron 1', '4 tidy undefined 1', '6 remind cron 1', '6 tidy undefined 1']);
    expect(scheduler.list().map(({ name, dueAt, isRecurring }) => [name, dueAt.getTime() - START, isRecurring])).toEqual([
      ['tidy', 8 * MINUTE_MS, true],
      ['remind', 9 * MINUTE_MS, true],
    ]);
  });

  it('retries runs that could not be begun, without counting them as attempts', async () => {
    world.verdict = 'unreachable';
    const scheduler = world.started();
    scheduler.after('1m', remind, { payload: 'x' });
    await world.pass(scheduler, 1);
    expect(world.ran).toEqual([]);
    world.verdict = 'won';
    world.result = () => 'refused';
    await world.pass(scheduler, 1 / 12);
    world.result = () => 'done';
    await world.pass(scheduler, 1 / 12);
    expect(world.ran.map((line) => line.replace(/^\S+ /, ''))).toEqual(['remind x 1', 'remind x 1']);
  });

  it('leaves a run to another replica that claimed it, and continues with the next time', async () => {
    world.verdict = 'lost';
    const scheduler = world.started();
    scheduler.every('1m', tidy);
    scheduler.after('1m', remind, { payload: 'x' });
    await world.pass(scheduler, 1);
    expect([world.ran, scheduler.list().map(({ name, dueAt }) => [name, dueAt.getTime() - START])]).toEqual([
      [],
      [['tidy', 2 * MINUTE_MS]],
    ]);
  });

  it('is idle after a run that waited for its claim, and at once after a stop', async () => {
    const verdicts = [Promise.withResolvers<Verdict>(), Promise.withResolvers<Verdict>()];
    let claims = 0;
    const scheduler = world.started({ claim: () => verdicts[claims++]?.promise ?? Promise.resolve('won') });
    scheduler.every('1m', remind, { payload: 'a' });
    world.clock.set(START + MINUTE_MS);
    const idle = scheduler.idle().then(() => world.ran.length);
    verdicts[0]?.resolve('won');
    expect(await idle).toBe(1);
    world.clock.set(START + 2 * MINUTE_MS);
    let idleCalls = 0;
    const counted = (): void => void idleCalls++;
    void scheduler.idle().then(counted);
    await Promise.resolve();
    expect([claims, idleCalls]).toEqual([2, 0]);
    scheduler.stop();
    void scheduler.idle().then(counted);
    await new Promise(setImmediate);
    expect([idleCalls, world.ran.length]).toEqual([2, 1]);
  });

  it('lets a handler schedule its own entry again', async () => {
    const scheduler = world.started();
    world.result = () => {
      if (world.ran.length < 3) scheduler.after('1m', remind, { key: 'k', payload: 'again' });
      return 'done';
    };
    scheduler.after('1m', remind, { key: 'k', payload: 'again' });
    await world.pass(scheduler, 10);
    expect(world.ran).toEqual(['1 remind again 1', '2 remind again 1', '3 remind again 1']);
  });

  it('forgets an interval whose next time no Date can have', async () => {
    const scheduler = world.started();
    world.clock.set(8.64e15 - 1_000);
    scheduler.every('1h', tidy, { start: new Date(8.64e15) });
    world.clock.set(8.64e15);
    await scheduler.idle();
    expect([world.ran.length, scheduler.list(), world.log.error.mock.calls]).toEqual([1, [], []]);
  });

  it('runs a backlog of many entries, each once', async () => {
    const scheduler = world.started();
    for (let index = 0; index < 200; index++) scheduler.after('1m', remind, { payload: `${index}` });
    await world.pass(scheduler, 1);
    expect([world.ran.length, new Set(world.ran).size, scheduler.list()]).toEqual([200, 200, []]);
  });

  it('runs the entries in the store after a transaction failed', async () => {
    const scheduler = world.started();
    scheduler.after('2m', remind, { key: 'kept', payload: 'kept' });
    scheduler.after('1m', remind, { key: 'replaced', payload: 'first' });
    const fail = (): never => {
      throw new Error('on purpose');
    };
    expect(() =>
      world.store.store.transaction(() => {
        scheduler.after('1m', remind, { key: 'made', payload: 'made' });
        scheduler.cancel(remind, 'kept');
        scheduler.after('5m', remind, { key: 'replaced', payload: 'second' });
        scheduler.after('6m', remind, { key: 'replaced', payload: 'third' });
        fail();
      }),
    ).toThrow('on purpose');
    world.store.store.transaction(() => {
      scheduler.after('3m', remind, { key: 'after', payload: 'after' });
      expect(() => world.store.store.transaction(() => [scheduler.cancel(remind, 'after'), fail()])).toThrow('on purpose');
    });
    expect(scheduler.list().map(({ key }) => key)).toEqual(['replaced', 'kept', 'after']);
    await world.pass(scheduler, 10);
    expect(world.ran).toEqual(['1 remind first 1', '2 remind kept 1', '3 remind after 1']);
  });
});
