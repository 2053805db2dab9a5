import { afterEach, beforeEach, vi } from 'vitest';
import type { Verdict } from '../src/schedule/claims.ts';
import { Entries, type Entry } from '../src/schedule/entries.ts';
import type { ScheduleReference } from '../src/schedule/schedule.ts';
import { type RunResult, Scheduler } from '../src/schedule/scheduler.ts';
import { ModuleStore } from '../src/store/store.ts';
import { TestClock } from '../src/testing/test-clock.ts';

/** Time at which the clock of a world starts. */
export const START = Date.UTC(2026, 0, 1);
export const MINUTE_MS = 60_000;

/** The schedules that the module of a world has. */
export const remind: ScheduleReference<string> = { name: 'remind', run: () => undefined };
export const tidy: ScheduleReference<unknown> = { name: 'tidy', run: () => undefined };

/** A store with schedules, a clock, and the runs of the schedulers on them. */
class SchedulerWorld {
  store = new ModuleStore();
  clock = new TestClock(START);
  /** Each run: minute, schedule, payload, attempt. */
  ran: string[] = [];
  /** Result of each run. */
  result: (entry: Entry) => RunResult = () => 'done';
  /** Answer to each claim. */
  verdict: Verdict = 'won';
  log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

  /** A scheduler on the store, as after a restart. */
  started({
    names = ['remind', 'tidy'],
    claim = async () => this.verdict,
  }: { names?: string[]; claim?: () => Promise<Verdict> } = {}): Scheduler {
    const { store, clock } = this;
    const scheduler = new Scheduler({
      entries: new Entries({ store: store.own.namespace<Entry>('schedules'), onUndo: (undo) => store.onUndo(undo) }),
      clock,
      claims: { claim },
      names: new Set(names),
      run: async (entry) => {
        this.ran.push(`${(clock.now() - START) / MINUTE_MS} ${entry.name} ${String(entry.payload)} ${entry.attempts}`);
        return this.result(entry);
      },
      log: this.log,
    });
    scheduler.start();
    return scheduler;
  }

  /** Moves the clock, alarm by alarm, and waits for the runs. */
  async pass(scheduler: Scheduler, minutes: number): Promise<void> {
    const { clock } = this;
    const endMs = clock.now() + minutes * MINUTE_MS;
    for (;;) {
      clock.set(Math.max(clock.now(), Math.min(endMs, clock.nextAlarmMs)));
      await scheduler.idle();
      if (clock.now() >= endMs && clock.nextAlarmMs > endMs) return;
    }
  }
}

/** A world that each test of a file finds new. */
export function useSchedulerWorld(): SchedulerWorld {
  const world = new SchedulerWorld();
  world.store.close();
  beforeEach(() => void Object.assign(world, new SchedulerWorld()));
  afterEach(() => world.store.close());
  return world;
}
