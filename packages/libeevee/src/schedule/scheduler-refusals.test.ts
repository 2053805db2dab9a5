import { describe, expect, it } from 'vitest';
import { remind, tidy, useSchedulerWorld } from '../../test/scheduler-world.ts';
import type { Scheduler } from './scheduler.ts';

const world = useSchedulerWorld();

describe('a schedule', () => {
  it.each([
    ['a text for a time', () => world.started().at('2026-01-01' as unknown as Date, remind, { payload: 'x' })],
    ['no time', () => world.started().at(undefined as unknown as Date, remind, { payload: 'x' })],
    ['a time after the last one', () => world.started().after(1e300, remind, { payload: 'x' })],
    ['a text for a start', () => world.started().every('1h', tidy, { start: '2026-01-01' as unknown as Date })],
  ])('refuses %s, and names the fix', (_what, add) => {
    expect(add).toThrow(
      expect.objectContaining({ code: 'EEVEE_SCHEDULE_REFUSED', message: expect.stringContaining('valid Date') as string }) as Error,
    );
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
    [(scheduler: Scheduler) => scheduler.after('1m', tidy, { payload: 'x'.repeat(9_000) }), /has 9002 bytes of JSON, and at most 8192/],
    [(scheduler: Scheduler) => scheduler.after('1m', tidy, { key: '' }), /needs a key of 1 to 256 characters/],
    [(scheduler: Scheduler) => scheduler.at(new Date(Number.NaN), tidy), /has no valid time: give a valid Date/],
    [(scheduler: Scheduler) => scheduler.cron('0 0 31 2 *', tidy), /would never run: its cron expression matches no date/],
  ])('refuses what cannot work, case %#', (act, message) => {
    const scheduler = world.started();
    expect(() => act(scheduler)).toThrow(
      expect.objectContaining({ code: 'EEVEE_SCHEDULE_REFUSED', message: expect.stringMatching(message) as string }) as Error,
    );
    expect(scheduler.list()).toEqual([]);
  });

  it('bounds the number of entries', () => {
    const scheduler = world.started();
    world.store.store.transaction(() => {
      for (let index = 0; index < 10_000; index++) scheduler.after('1h', tidy, { key: `${index}` });
    });
    expect(() => scheduler.after('1h', tidy)).toThrow(/^the module has 10000 scheduled entries already/);
    scheduler.after('2h', tidy, { key: '5' });
  });
});
