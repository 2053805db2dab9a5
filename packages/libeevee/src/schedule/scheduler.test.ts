import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ErrorLog } from '../log/log.ts';
import { ModuleStore } from '../store/store.ts';
import { TestClock } from '../testing/test-clock.ts';
import type { Verdict } from './claims.ts';
import { Entries, type Entry } from './entries.ts';
import type { ScheduleReference } from './schedule.ts';
import { type RunResult, Scheduler } from './scheduler.ts';

const START = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

const remind: ScheduleReference<string> = { name: 'remind', run: () => undefined };
const tidy: ScheduleReference<unknown> = { name: 'tidy', run: () => undefined };

let store: ModuleStore;
let clock: TestClock;
let ran: string[];
let result: (entry: Entry) => RunResult;
let verdict: Verdict;
let log: { readonly [level in keyof ErrorLog]: ReturnType<typeof vi.fn> };

beforeEach(() => {
  store = new ModuleStore();
  clock = new TestClock(START);
  ran = [];
  result = () => 'done';
  verdict = 'won';
  log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
});

afterEach(() => store.close());

/** A scheduler on the store, as after a restart. */
function started({
  names = ['remind', 'tidy'],
  claim = async () => verdict,
}: { names?: string[]; claim?: () => Promise<Verdict> } = {}): Scheduler {
  const scheduler = new Scheduler({
    entries: new Entries({ store: store.own.namespace<Entry>('schedules'), onUndo: (undo) => store.onUndo(undo) }),
    clock,
    claims: { claim },
    names: new Set(names),
    run: async (entry) => {
      ran.push(`${(clock.now() - START) / MINUTE_MS} ${entry.name} ${String(entry.payload)} ${entry.attempts}`);
      return result(entry);
    },
    log: log as unknown as ErrorLog,
  });
  scheduler.start();
  return scheduler;
}

/** Moves the clock, alarm by alarm, and waits for the runs. */
async function pass(scheduler: Scheduler, minutes: number): Promise<void> {
  const endMs = clock.now() + minutes * MINUTE_MS;
  for (;;) {
    clock.set(Math.max(clock.now(), Math.min(endMs, clock.nextAlarmMs)));
    await scheduler.idle();
    if (clock.now() >= endMs && clock.nextAlarmMs > endMs) return;
  }
}

describe('a schedule', () => {
  it('runs entries in the order of their times', async () => {
    const scheduler = started();
    scheduler.after('3m', remind, { payload: 'c' });
    scheduler.at(new Date(START + MINUTE_MS), remind, { payload: 'a' });
    scheduler.after(2 * MINUTE_MS, remind, { payload: 'b' });
    await pass(scheduler, 2);
    expect(ran).toEqual(['1 remind a 1', '2 remind b 1']);
    await pass(scheduler, 1);
    expect(ran.slice(2)).toEqual(['3 remind c 1']);
    expect(scheduler.list()).toEqual([]);
  });

  it('runs an entry that is due already, and one that is years away', async () => {
    const scheduler = started();
    scheduler.at(new Date(0), remind, { payload: 'past' });
    scheduler.at(new Date(START + 5 * 365 * 1440 * MINUTE_MS), remind, { payload: 'far' });
    await pass(scheduler, 0);
    expect(ran).toEqual(['0 remind past 1']);
    await pass(scheduler, 5 * 365 * 1440);
    expect(ran.slice(1)).toEqual([`${5 * 365 * 1440} remind far 1`]);
  });

  it('replaces an entry of the same key, and cancels one', async () => {
    const scheduler = started();
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
    await pass(scheduler, 5);
    expect(ran).toEqual(['2 remind second 1']);
  });

  it('runs recurring entries again and again', async () => {
    const scheduler = started();
    scheduler.every('2m', tidy);
    scheduler.cron('*/3 * * * *', remind, { payload: 'cron' });
    await pass(scheduler, 6);
    expect(ran).toEqual(['2 tidy undefined 1', '3 remind cron 1', '4 tidy undefined 1', '6 remind cron 1', '6 tidy undefined 1']);
    expect(scheduler.list().map(({ name, dueAt, isRecurring }) => [name, dueAt.getTime() - START, isRecurring])).toEqual([
      ['tidy', 8 * MINUTE_MS, true],
      ['remind', 9 * MINUTE_MS, true],
    ]);
  });

  it('keeps the time of a recurring entry that is scheduled again at each start', async () => {
    const before = started();
    before.every('10m', tidy);
    before.stop();
    clock.set(START + 25 * MINUTE_MS);
    const scheduler = started();
    scheduler.every('10m', tidy);
    await pass(scheduler, 0);
    expect(ran).toEqual(['25 tidy undefined 1']);
    scheduler.every('7m', tidy);
    expect(scheduler.list(tidy)[0]?.dueAt.getTime()).toBe(Math.ceil((START + 25 * MINUTE_MS) / (7 * MINUTE_MS)) * 7 * MINUTE_MS);
  });

  it('keeps entries over a restart, and runs once what was missed', async () => {
    const before = started();
    before.after('1m', remind, { payload: 'missed' });
    before.every('1m', tidy);
    before.after('1h', remind, { payload: 'later' });
    before.stop();
    clock.set(START + 30 * MINUTE_MS);
    expect(ran).toEqual([]);
    const scheduler = started();
    await pass(scheduler, 1);
    expect(ran).toEqual(['30 remind missed 1', '30 tidy undefined 1', '31 tidy undefined 1']);
    expect(scheduler.list(remind).map(({ payload }) => payload)).toEqual(['later']);
  });

  it('repeats a run during which the process ended, three times at most', async () => {
    result = () => 'stopped';
    let scheduler = started();
    scheduler.after('1m', remind, { payload: 'poison' });
    await pass(scheduler, 1);
    for (let restart = 0; restart < 3; restart++) {
      scheduler.stop();
      scheduler = started();
      await pass(scheduler, 0);
    }
    expect(ran).toEqual(['1 remind poison 1', '1 remind poison 2', '1 remind poison 3']);
    expect(scheduler.list()).toEqual([]);
    expect(log.error).toHaveBeenCalledWith(
      'a scheduled run is given up: the process ended each time while it ran',
      expect.objectContaining({ attempts: 3 }),
    );
  });

  it('tries again later what could not be begun, without counting it as an attempt', async () => {
    verdict = 'unreachable';
    const scheduler = started();
    scheduler.after('1m', remind, { payload: 'x' });
    await pass(scheduler, 1);
    expect(ran).toEqual([]);
    verdict = 'won';
    result = () => 'refused';
    await pass(scheduler, 1 / 12);
    result = () => 'done';
    await pass(scheduler, 1 / 12);
    expect(ran.map((line) => line.replace(/^\S+ /, ''))).toEqual(['remind x 1', 'remind x 1']);
  });

  it('leaves a run to another replica that claimed it, and goes on with the next time', async () => {
    verdict = 'lost';
    const scheduler = started();
    scheduler.every('1m', tidy);
    scheduler.after('1m', remind, { payload: 'x' });
    await pass(scheduler, 1);
    expect([ran, scheduler.list().map(({ name, dueAt }) => [name, dueAt.getTime() - START])]).toEqual([[], [['tidy', 2 * MINUTE_MS]]]);
  });

  it('is idle after a run that waited for its claim, and at once after a stop', async () => {
    const verdicts = [Promise.withResolvers<Verdict>(), Promise.withResolvers<Verdict>()];
    let claims = 0;
    const scheduler = started({ claim: () => verdicts[claims++]?.promise ?? Promise.resolve('won') });
    scheduler.every('1m', remind, { payload: 'a' });
    clock.set(START + MINUTE_MS);
    const idle = scheduler.idle().then(() => ran.length);
    verdicts[0]?.resolve('won');
    expect(await idle).toBe(1);
    clock.set(START + 2 * MINUTE_MS);
    let idleCalls = 0;
    const counted = (): void => void idleCalls++;
    void scheduler.idle().then(counted);
    await Promise.resolve();
    expect([claims, idleCalls]).toEqual([2, 0]);
    scheduler.stop();
    void scheduler.idle().then(counted);
    await new Promise(setImmediate);
    expect([idleCalls, ran.length]).toEqual([2, 1]);
  });

  it('lets a handler schedule its own entry again', async () => {
    const scheduler = started();
    result = () => {
      if (ran.length < 3) scheduler.after('1m', remind, { key: 'k', payload: 'again' });
      return 'done';
    };
    scheduler.after('1m', remind, { key: 'k', payload: 'again' });
    await pass(scheduler, 10);
    expect(ran).toEqual(['1 remind again 1', '2 remind again 1', '3 remind again 1']);
  });

  it('keeps entries of a schedule that the module has no longer, and does not run them', async () => {
    const before = started();
    before.after('1m', remind, { payload: 'kept' });
    before.stop();
    const without = started({ names: ['tidy'] });
    expect(log.warn).toHaveBeenCalledWith(
      'a scheduled entry does not run: the module has no such schedule any more',
      expect.objectContaining({ schedule: 'remind' }),
    );
    await pass(without, 2);
    without.stop();
    expect(ran).toEqual([]);
    await pass(started(), 0);
    expect(ran).toEqual(['2 remind kept 1']);
  });

  it('corrects a time that was computed while the clock was ahead', async () => {
    const early = started();
    clock.set(START + 1e9 * MINUTE_MS);
    early.every('1m', tidy);
    early.stop();
    clock = new TestClock(START);
    const scheduler = started();
    await pass(scheduler, 1);
    expect(ran).toEqual(['1 tidy undefined 1']);
  });

  it('goes on at the shown times after the clock was set back, without repeating the last run after a small correction', async () => {
    const scheduler = started();
    scheduler.every('1m', tidy);
    scheduler.cron('0 0 * * *', remind, { payload: 'daily' });
    clock.set(START + 1_440 * MINUTE_MS);
    await scheduler.idle();
    expect(ran).toEqual(['1440 tidy undefined 1', '1440 remind daily 1']);
    clock.set(clock.now() - 5_000);
    await pass(scheduler, 1);
    expect(ran.slice(2)).toEqual([]);
    clock.set(START + 60 * MINUTE_MS);
    await pass(scheduler, 2);
    expect(ran.slice(2)).toEqual(['61 tidy undefined 1', '62 tidy undefined 1']);
    expect(log.warn).toHaveBeenCalledWith('the clock was set back: the times of recurring entries are computed again');
  });

  it('keeps entries that another release wrote, and runs the others', async () => {
    const entries = store.own.namespace('schedules');
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
    const scheduler = started();
    await pass(scheduler, 1);
    expect([ran, scheduler.list(), log.warn.mock.calls.length]).toEqual([['0 remind known 1'], [], 6]);
    expect(entries.list()).toHaveLength(6);
  });

  it.each([
    ['a text for a time', () => started().at('2026-01-01' as unknown as Date, remind, { payload: 'x' })],
    ['no time', () => started().at(undefined as unknown as Date, remind, { payload: 'x' })],
    ['a time after the last one', () => started().after(1e300, remind, { payload: 'x' })],
    ['a text for a start', () => started().every('1h', tidy, { start: '2026-01-01' as unknown as Date })],
  ])('refuses %s, and names the fix', (_what, add) => {
    expect(add).toThrow(
      expect.objectContaining({ code: 'EEVEE_SCHEDULE_REFUSED', message: expect.stringContaining('valid Date') as string }) as Error,
    );
  });

  it('forgets an interval whose next time no Date can have', async () => {
    const scheduler = started();
    clock.set(8.64e15 - 1_000);
    scheduler.every('1h', tidy, { start: new Date(8.64e15) });
    clock.set(8.64e15);
    await scheduler.idle();
    expect([ran.length, scheduler.list(), log.error.mock.calls]).toEqual([1, [], []]);
  });

  it('runs a backlog of many entries, each once', async () => {
    const scheduler = started();
    for (let index = 0; index < 200; index++) scheduler.after('1m', remind, { payload: `${index}` });
    await pass(scheduler, 1);
    expect([ran.length, new Set(ran).size, scheduler.list()]).toEqual([200, 200, []]);
  });

  it.each([
    [
      (scheduler: Scheduler) => scheduler.after('1m', { name: 'other', run: () => undefined }),
      /^the module has no schedule other: list it in `schedules`/,
    ],
    [
      (scheduler: Scheduler) => scheduler.after('1m', tidy, { payload: new Date() }),
      /^the payload of the entry ".*" of the schedule tidy is a Date/,
    ],
    [(scheduler: Scheduler) => scheduler.after('1m', tidy, { payload: 'x'.repeat(9_000) }), /has 9002 bytes of JSON, and may have 8192/],
    [(scheduler: Scheduler) => scheduler.after('1m', tidy, { key: '' }), /needs a key of 1 to 256 characters/],
    [(scheduler: Scheduler) => scheduler.at(new Date(Number.NaN), tidy), /has no valid time: give a valid Date/],
    [(scheduler: Scheduler) => scheduler.cron('0 0 31 2 *', tidy), /would never run: its cron expression matches no date/],
  ])('refuses what cannot work, case %#', (act, message) => {
    const scheduler = started();
    expect(() => act(scheduler)).toThrow(
      expect.objectContaining({ code: 'EEVEE_SCHEDULE_REFUSED', message: expect.stringMatching(message) as string }) as Error,
    );
    expect(scheduler.list()).toEqual([]);
  });

  it('bounds the number of entries', () => {
    const scheduler = started();
    store.store.transaction(() => {
      for (let index = 0; index < 10_000; index++) scheduler.after('1h', tidy, { key: `${index}` });
    });
    expect(() => scheduler.after('1h', tidy)).toThrow(/^the module has 10000 scheduled entries already/);
    scheduler.after('2h', tidy, { key: '5' });
  });
});

it('runs what the store has after a transaction failed', async () => {
  const scheduler = started();
  scheduler.after('2m', remind, { key: 'kept', payload: 'kept' });
  scheduler.after('1m', remind, { key: 'replaced', payload: 'first' });
  const fail = (): never => {
    throw new Error('on purpose');
  };
  expect(() =>
    store.store.transaction(() => {
      scheduler.after('1m', remind, { key: 'made', payload: 'made' });
      scheduler.cancel(remind, 'kept');
      scheduler.after('5m', remind, { key: 'replaced', payload: 'second' });
      scheduler.after('6m', remind, { key: 'replaced', payload: 'third' });
      fail();
    }),
  ).toThrow('on purpose');
  store.store.transaction(() => {
    scheduler.after('3m', remind, { key: 'after', payload: 'after' });
    expect(() => store.store.transaction(() => [scheduler.cancel(remind, 'after'), fail()])).toThrow('on purpose');
  });
  expect(scheduler.list().map(({ key }) => key)).toEqual(['replaced', 'kept', 'after']);
  await pass(scheduler, 10);
  expect(ran).toEqual(['1 remind first 1', '2 remind kept 1', '3 remind after 1']);
});
