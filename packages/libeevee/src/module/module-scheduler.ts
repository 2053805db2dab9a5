import type { Clock } from '../clock.ts';
import type { ErrorLog } from '../log/log.ts';
import type { Claims } from '../schedule/claims.ts';
import { Entries, type Entry } from '../schedule/entries.ts';
import { Scheduler } from '../schedule/scheduler.ts';
import type { ModuleStore } from '../store/store.ts';
import { type HandlerDefaults, scheduleHandler } from './handlers.ts';
import type { MessageHandling } from './message-handling.ts';
import type { ScheduleDefinition } from './schedule-definition.ts';
import { scheduledRun } from './schedule-scope.ts';

/** For {@link moduleScheduler}. */
export interface ModuleSchedulerDeps<Config> {
  readonly schedules: readonly ScheduleDefinition<never, Config>[];
  readonly defaults: HandlerDefaults<Config>;
  readonly store: ModuleStore;
  readonly clock: Clock;
  readonly claims: Claims;
  readonly log: ErrorLog;
  /** Called when something runs. */
  readonly handling: () => MessageHandling<Config>;
}

/** The scheduler of a module: its runs are handled like messages, in the turn of their channel. */
export function moduleScheduler<Config>(deps: ModuleSchedulerDeps<Config>): Scheduler {
  const { schedules, defaults, store, clock, claims, log, handling } = deps;
  const handlers = new Map(schedules.map((schedule) => [schedule.name, scheduleHandler(schedule, defaults)]));
  return new Scheduler({
    entries: new Entries({ store: store.own.namespace<Entry>('schedules'), onUndo: (undo) => store.onUndo(undo) }),
    ...{ clock, claims, log },
    names: new Set(handlers.keys()),
    run: (entry) =>
      new Promise((resolve) => {
        const handler = handlers.get(entry.name);
        const isTaken =
          handler !== undefined &&
          handling().run(scheduledRun(entry), handler, ({ result }) => resolve(result === 'stopped' ? 'stopped' : 'done'));
        if (!isTaken) resolve('refused');
      }),
  });
}
