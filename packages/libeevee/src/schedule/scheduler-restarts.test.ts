import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MINUTE_MS, remind, START, tidy, useSchedulerWorld } from '../../test/scheduler-world.ts';
import { Entries } from './entries.ts';
import { TestClock } from '../testing/test-clock.ts';

const world = useSchedulerWorld();

describe('a schedule after a restart or a change of the clock', () => {
  it('keeps the time of a recurring entry that is scheduled again at each start', async () => {
    const before = world.started();
    before.every('10m', tidy);
    before.stop();
    world.clock.set(START + 25 * MINUTE_MS);
    const scheduler = world.started();
    scheduler.every('10m', tidy);
    await world.pass(scheduler, 0);
    expect(world.ran).toEqual(['25 tidy undefined 1']);
    scheduler.every('7m', tidy);
    expect(scheduler.list(tidy)[0]?.dueAt.getTime()).toBe(Math.ceil((START + 25 * MINUTE_MS) / (7 * MINUTE_MS)) * 7 * MINUTE_MS);
  });

  it('stores a payload again that was changed in place', () => {
    const before = world.started();
    const payload = ['milk'];
    before.every('10m', remind, { payload: payload as unknown as string });
    payload.push('bread');
    before.every('10m', remind, { payload: payload as unknown as string });
    before.stop();
    expect(
      world
        .started()
        .list(remind)
        .map((entry) => entry.payload),
    ).toEqual([['milk', 'bread']]);
  });

  it('keeps entries over a restart, and runs missed ones once', async () => {
    const before = world.started();
    before.after('1m', remind, { payload: 'missed' });
    before.every('1m', tidy);
    before.after('1h', remind, { payload: 'later' });
    before.stop();
    world.clock.set(START + 30 * MINUTE_MS);
    expect(world.ran).toEqual([]);
    const scheduler = world.started();
    await world.pass(scheduler, 1);
    expect(world.ran).toEqual(['30 remind missed 1', '30 tidy undefined 1', '31 tidy undefined 1']);
    expect(scheduler.list(remind).map(({ payload }) => payload)).toEqual(['later']);
  });

  it('repeats a run during which the process ended, three times at most', async () => {
    world.result = () => 'stopped';
    let scheduler = world.started();
    scheduler.after('1m', remind, { payload: 'poison' });
    await world.pass(scheduler, 1);
    for (let restart = 0; restart < 3; restart++) {
      scheduler.stop();
      scheduler = world.started();
      await world.pass(scheduler, 0);
    }
    expect(world.ran).toEqual(['1 remind poison 1', '1 remind poison 2', '1 remind poison 3']);
    expect(scheduler.list()).toEqual([]);
    expect(world.log.error).toHaveBeenCalledWith(
      'gave up on a scheduled run: the process ended during each attempt',
      expect.objectContaining({ attempts: 3 }),
    );
  });

  it('repeats a run of a recurring entry three times at most, too, although it is scheduled again at each start', async () => {
    world.result = () => 'stopped';
    let scheduler = world.started();
    scheduler.every('10m', tidy);
    await world.pass(scheduler, 10);
    for (let restart = 0; restart < 3; restart++) {
      scheduler.stop();
      scheduler = world.started();
      scheduler.every('10m', tidy);
      await world.pass(scheduler, 0);
    }
    expect(world.ran).toEqual(['10 tidy undefined 1', '10 tidy undefined 2', '10 tidy undefined 3']);
    expect(scheduler.list().map(({ dueAt }) => dueAt.getTime() - START)).toEqual([20 * MINUTE_MS]);
  });

  it('starts although the volume is full, if its recurring entries are as before', async () => {
    const before = world.started();
    before.every('10m', tidy, { key: 'hall', payload: { rooms: [1, 2] } });
    before.stop();
    const scheduler = world.started();
    const put = vi.spyOn(Entries.prototype, 'put').mockImplementation(() => {
      throw new Error('the volume is full');
    });
    onTestFinished(() => put.mockRestore());
    expect(scheduler.every('10m', tidy, { key: 'hall', payload: { rooms: [1, 2] } })).toBe('hall');
    expect(() => scheduler.every('10m', tidy, { key: 'hall', payload: { rooms: [3] } })).toThrow('the volume is full');
    put.mockRestore();
    await world.pass(scheduler, 10);
    expect(world.ran).toHaveLength(1);
  });

  it('keeps entries of a schedule that the module no longer has, and does not run them', async () => {
    const before = world.started();
    before.after('1m', remind, { payload: 'kept' });
    before.stop();
    const without = world.started({ names: ['tidy'] });
    expect(world.log.warn).toHaveBeenCalledWith(
      'a scheduled entry does not run: the module no longer has this schedule',
      expect.objectContaining({ schedule: 'remind' }),
    );
    await world.pass(without, 2);
    without.stop();
    expect(world.ran).toEqual([]);
    await world.pass(world.started(), 0);
    expect(world.ran).toEqual(['2 remind kept 1']);
  });

  it('corrects a time that was computed while the clock was ahead', async () => {
    const early = world.started();
    world.clock.set(START + 1e9 * MINUTE_MS);
    early.every('1m', tidy);
    early.stop();
    world.clock = new TestClock(START);
    const scheduler = world.started();
    await world.pass(scheduler, 1);
    expect(world.ran).toEqual(['1 tidy undefined 1']);
  });

  it('continues at the shown times after the clock was set back, without repeating the last run after a small correction', async () => {
    const scheduler = world.started();
    scheduler.every('1m', tidy);
    scheduler.cron('0 0 * * *', remind, { payload: 'daily' });
    world.clock.set(START + 1_440 * MINUTE_MS);
    await scheduler.idle();
    expect(world.ran).toEqual(['1440 tidy undefined 1', '1440 remind daily 1']);
    world.clock.set(world.clock.now() - 5_000);
    await world.pass(scheduler, 1);
    expect(world.ran.slice(2)).toEqual([]);
    world.clock.set(START + 60 * MINUTE_MS);
    await world.pass(scheduler, 2);
    expect(world.ran.slice(2)).toEqual(['61 tidy undefined 1', '62 tidy undefined 1']);
    expect(world.log.warn).toHaveBeenCalledWith('the clock was set back: recomputing the times of recurring entries');
  });

  it('keeps entries that another release wrote, and runs the others', async () => {
    const entries = world.store.own.namespace('schedules');
    const entry = { name: 'remind', key: 'k', dueMs: START, attempts: 0, recurrence: { kind: 'once' }, payload: 'known' };
    const others = [
      { ...entry, recurrence: { kind: 'moon' } },
      { ...entry, dueMs: 'noon' },
      { ...entry, recurrence: { kind: 'cron', expression: '0 0 * * *', timeZone: 'Mars' } },
      null,
      5,
    ];
    entries.set('remind/k', entry);
    for (const [index, each] of [entry, ...others].entries()) entries.set(`remind/${index}`, each);
    const scheduler = world.started();
    await world.pass(scheduler, 1);
    expect([world.ran, scheduler.list(), world.log.warn.mock.calls.length]).toEqual([['0 remind known 1'], [], 6]);
    expect(entries.list()).toHaveLength(6);
  });

  it.each(['delete', 'put'] as const)('does not repeat a run that the store could not record (%s)', async (method) => {
    const scheduler = world.started();
    if (method === 'delete') scheduler.after('1m', remind, { payload: 'once' });
    else scheduler.every('1m', tidy);
    world.result = () => {
      // As when a handler has filled the volume, or a backup holds the lock.
      vi.spyOn(Entries.prototype, method).mockImplementationOnce(() => {
        throw new Error('the volume is full');
      });
      return 'done';
    };
    await world.pass(scheduler, 1.5);
    vi.restoreAllMocks();
    expect(world.ran).toEqual([method === 'delete' ? '1 remind once 1' : '1 tidy undefined 1']);
    expect(scheduler.list().map(({ dueAt }) => dueAt.getTime() - START)).toEqual(method === 'delete' ? [] : [2 * MINUTE_MS]);
  });
});
